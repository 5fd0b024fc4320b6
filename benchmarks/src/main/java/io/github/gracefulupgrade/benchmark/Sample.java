package io.github.gracefulupgrade.benchmark;

/**
 * One request.
 *
 * @param intendedAt when it should have been sent, as {@link System#nanoTime()}
 * @param beganAt when a client began with it, as {@link System#nanoTime()}: later if the
 * client still waited for an answer, or the load had no processor
 * @param endedAt when its fate was known, as {@link System#nanoTime()}
 * @param fate what became of it
 * @param pid who answered, 0 if nobody did
 * @param fresh whether it was on a connection of its own
 */
record Sample(long intendedAt, long beganAt, long endedAt, Fate fate, long pid, boolean fresh) {

	boolean answered() {
		return this.fate == Fate.ANSWERED;
	}

	/**
	 * How long a user waited who wanted the answer at the intended time: the wait for a
	 * free connection counts.
	 */
	long latency() {
		return this.endedAt - this.intendedAt;
	}

}
