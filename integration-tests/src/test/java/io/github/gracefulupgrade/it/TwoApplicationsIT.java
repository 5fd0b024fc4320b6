package io.github.gracefulupgrade.it;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two applications in one process are two services, which are handed over one after the
 * other: the new process starts the second when it has the first.
 */
class TwoApplicationsIT {

	private final Path folder = Testbed.newFolder();

	@Test
	void theProcessLivesUntilBothAreHandedOver() {
		int one = Instance.freePort();
		int other = Instance.freePort();
		Application app = Testbed.twoApplications(one, this.folder.resolve("one"), other, this.folder.resolve("other"));
		try (Instance v1 = app.start()) {
			v1.awaitLog("can be upgraded at .*/other");
			try (Load first = Load.on(one).keepAlive(2).fresh(1).rate(50).start();
					Load second = Load.on(other).keepAlive(2).fresh(1).rate(50).start();
					Instance v2 = app.args("--upgrade").start()) {
				v2.awaitLog("is ready and waits");
				v1.quit();
				assertThat(v1.awaitExit()).isZero();
				assertThat(first.awaitAnswers(50).stop().assertNothingLost().answersByPid()).containsOnlyKeys(v1.pid(),
						v2.pid());
				assertThat(second.awaitAnswers(50).stop().assertNothingLost().answersByPid()).containsOnlyKeys(v1.pid(),
						v2.pid());
			}
		}
	}

}
