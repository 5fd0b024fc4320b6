package io.github.gracefulupgrade.wire;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * Waits for conditions, never for time to pass.
 */
final class Await {

	static final Duration TIMEOUT = Duration.ofSeconds(20);

	private Await() {
	}

	static void until(String what, Callable<Boolean> condition) throws Exception {
		long end = System.nanoTime() + TIMEOUT.toNanos();
		while (!condition.call()) {
			if (System.nanoTime() > end) {
				throw new AssertionError("Not within " + TIMEOUT + ": " + what);
			}
			LockSupport.parkNanos(1_000_000);
		}
	}

	/**
	 * Until an assertion holds.
	 */
	static void until(ThrowingCallable assertion) throws Exception {
		long end = System.nanoTime() + TIMEOUT.toNanos();
		while (true) {
			try {
				assertion.call();
				return;
			}
			catch (AssertionError ex) {
				if (System.nanoTime() > end) {
					throw ex;
				}
			}
			catch (Throwable ex) {
				throw new AssertionError(ex);
			}
			LockSupport.parkNanos(1_000_000);
		}
	}

}
