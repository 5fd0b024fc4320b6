package io.github.gracefulupgrade.autoconfigure;

import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

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

	@Test
	@Timeout(60)
	void happensOnceInAProcess() throws Exception {
		MiniatureHandover.once().get();
		assertThat(MiniatureHandover.once()).isDone();
	}

}
