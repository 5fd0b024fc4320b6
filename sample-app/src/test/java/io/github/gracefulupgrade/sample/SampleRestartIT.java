package io.github.gracefulupgrade.sample;

import java.nio.file.Path;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What clients see without an upgrade. It is also the proof that the load client would
 * see it.
 */
class SampleRestartIT {

	@Test
	void everyClientNoticesARestart(@TempDir Path folder) {
		Application app = Application.jar(Path.of("target/sample-app.jar"))
			.jvmOptions("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
			.onFreePort()
			.upgradeSocket(folder.resolve("app.sock"))
			.args("--pingora.close-timeout=1s", "--spring.reactor.netty.shutdown-quiet-period=0s");
		try (Instance v1 = app.start().awaitServing(); Load load = Load.on(v1).start().awaitAnswers(100)) {
			load.mark("SIGTERM");
			v1.terminate();
			assertThat(v1.awaitExit()).isEqualTo(128 + 15);
			try (Instance v2 = app.start().awaitServing()) {
				LoadReport report = load.awaitAnswers(v2, 100).stop();
				assertThat(report.answersByPid()).containsOnlyKeys(v1.pid(), v2.pid());
				assertThat(report.refused()).isNotEmpty();
				assertThatExceptionOfType(AssertionError.class).isThrownBy(report::assertNothingLost)
					.withMessageContaining("s after SIGTERM");
			}
		}
	}

}
