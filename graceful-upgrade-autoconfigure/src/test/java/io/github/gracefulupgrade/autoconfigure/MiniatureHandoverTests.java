package io.github.gracefulupgrade.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

import io.github.gracefulupgrade.handover.UpgradeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.WebServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class MiniatureHandoverTests {

	@Test
	@Timeout(60)
	void handsOverAndLeavesNoThread() throws Exception {
		List<Thread> before = List.copyOf(Thread.getAllStackTraces().keySet());
		MiniatureHandover.rehearse();
		for (Thread thread : Thread.getAllStackTraces().keySet()) {
			if (!before.contains(thread) && thread.getName().startsWith("graceful-upgrade")
					&& !thread.getName().equals("graceful-upgrade-deadlines")) {
				thread.join(TimeUnit.SECONDS.toMillis(20));
				assertThat(thread.isAlive()).as(thread.getName()).isFalse();
			}
		}
	}

	/**
	 * Neither Spring nor what the application has made Spring Boot find says a word.
	 */
	@Test
	@Timeout(60)
	@ExtendWith(OutputCaptureExtension.class)
	void leavesNoLine(CapturedOutput output) throws Exception {
		MiniatureHandover.rehearse();
		assertThat(output).isEmpty();
	}

	/**
	 * One that is interrupted at its limit leaves none either.
	 */
	@Test
	@Timeout(60)
	@ExtendWith(OutputCaptureExtension.class)
	void leavesNoLineWhereItFails(CapturedOutput output) {
		Thread.currentThread().interrupt();
		assertThatException().isThrownBy(MiniatureHandover::rehearse);
		Thread.interrupted();
		assertThat(output).isEmpty();
	}

	/**
	 * Nor one that fails, or is interrupted, at any place of a start.
	 */
	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2, 3 })
	@ExtendWith(OutputCaptureExtension.class)
	void leavesNoLineWhereAStepFails(int failing, CapturedOutput output) {
		MiniatureApplication application = new MiniatureApplication();
		List<Integer> done = new ArrayList<>();
		IntFunction<Runnable> step = (number) -> () -> {
			if (number == failing) {
				Thread.currentThread().interrupt();
				throw new UpgradeException("Interrupted", "Nothing");
			}
			done.add(number);
		};
		assertThatExceptionOfType(UpgradeException.class).isThrownBy(
				() -> application.run(step.apply(0), new FakeServer(step.apply(1)), step.apply(2), step.apply(3)));
		application.exit();
		assertThat(Thread.interrupted()).isTrue();
		assertThat(done).isEqualTo(List.of(0, 1, 2).subList(0, failing));
		assertThat(application.context().isActive()).isFalse();
		assertThat(output).isEmpty();
	}

	/**
	 * Where the application was processed ahead of time, this one was not.
	 */
	@Test
	@Timeout(60)
	void handsOverInAnApplicationProcessedAheadOfTime() throws Exception {
		System.setProperty("spring.aot.enabled", "true");
		try {
			MiniatureHandover.rehearse();
		}
		finally {
			System.clearProperty("spring.aot.enabled");
		}
	}

	@Test
	@Timeout(60)
	void happensOnceInAProcess() throws Exception {
		MiniatureHandover.once().get();
		assertThat(MiniatureHandover.once()).isDone();
	}

	private record FakeServer(Runnable starting) implements WebServer {

		@Override
		public void start() {
			this.starting.run();
		}

		@Override
		public void stop() {
		}

		@Override
		public int getPort() {
			return -1;
		}

	}

}
