package io.github.gracefulupgrade.it;

import java.time.Duration;

import io.github.gracefulupgrade.test.Instance;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/**
 * Waits for what has no log line to wait for.
 */
final class Await {

	private Await() {
	}

	/**
	 * Wait until an assertion holds.
	 */
	static void until(ThrowingRunnable assertion) {
		Awaitility.await()
			.atMost(Instance.PATIENCE)
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(50))
			.untilAsserted(assertion);
	}

}
