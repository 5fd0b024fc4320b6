package io.github.gracefulupgrade.signal;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests {@link Obstacles} with what the kernel may say; {@link QuitSignalTests} has the
 * rest.
 */
class ObstaclesTests {

	@Test
	void signalThatIsCaughtIsNoObstacle() {
		assertThat(Obstacles.inStatus(List.of("Name:\tjava", "SigIgn:\t0000000000000002", "SigCgt:\t2000000101005ccd")))
			.isNull();
	}

	@Test
	void signalThatIsLeftAloneKills() {
		assertThat(Obstacles.inStatus(List.of("SigIgn:\t0000000000000002", "SigCgt:\ta000000101001cc8")))
			.contains("kills the process")
			.contains("-Xrs");
	}

	@Test
	void signalThatIsIgnoredHasNoEffect() {
		assertThat(Obstacles.inStatus(List.of("SigIgn:\t0000000000000006", "SigCgt:\t2000000101001cc8")))
			.contains("has no effect")
			.contains("-Xrs");
	}

	@Test
	void kernelThatTellsNothingIsNoObstacle() {
		assertThat(Obstacles.inStatus(List.of("Name:\tjava"))).isNull();
	}

	@Test
	void jvmWithoutTheToolInterfaceIsNamed() {
		assertThat(Obstacles.explained(new IllegalStateException("GetEnv failed with error -3")).getMessage())
			.contains(System.getProperty("java.vm.name"))
			.contains("GetEnv failed with error -3");
	}

	@Test
	void failuresOfTheJvmAreNotExplainedAway() {
		OutOfMemoryError failure = new OutOfMemoryError();
		assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> Obstacles.explained(failure))
			.isSameAs(failure);
	}

}
