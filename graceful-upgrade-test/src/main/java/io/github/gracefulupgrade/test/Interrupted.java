package io.github.gracefulupgrade.test;

/**
 * What to throw when somebody interrupts a test.
 */
final class Interrupted {

	private Interrupted() {
	}

	static IllegalStateException during(String what) {
		Thread.currentThread().interrupt();
		return new IllegalStateException("Interrupted during " + what);
	}

}
