package io.github.gracefulupgrade.autoconfigure;

import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

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

	@Test
	@Timeout(60)
	void happensOnceInAProcess() throws Exception {
		MiniatureHandover.once().get();
		assertThat(MiniatureHandover.once()).isDone();
	}

}
