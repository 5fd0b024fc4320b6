package io.github.gracefulupgrade.it.drain;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Waits for conditions.
 */
final class Await {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private Await() {
	}

	static void until(String what, BooleanSupplier condition) {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		while (!condition.getAsBoolean()) {
			if (System.nanoTime() - deadline > 0) {
				throw new AssertionError("Waited in vain for " + what);
			}
			pause(5);
		}
	}

	static void pause(long millis) {
		try {
			Thread.sleep(millis);
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

}
