package io.github.gracefulupgrade.benchmark;

/**
 * When requests are due, whatever became of the ones before: an open loop. A request that
 * could not be sent in time keeps its time, so that a stall counts for each one that it
 * held up, and not only for those that were under way.
 */
final class Schedule {

	private final long start;

	private final double interval;

	private long taken;

	/**
	 * Create a schedule.
	 * @param start when the first request is due, in nanoseconds
	 * @param perSecond how many are due in a second
	 */
	Schedule(long start, double perSecond) {
		this.start = start;
		this.interval = 1e9 / perSecond;
	}

	/** When the next request is due, or was. */
	long next() {
		// From the start, not from the last one: errors do not add up.
		return this.start + (long) (this.taken * this.interval);
	}

	boolean isDue(long now) {
		return next() <= now;
	}

	/**
	 * Take the next request.
	 * @return when it is or was due
	 */
	long take() {
		long due = next();
		this.taken++;
		return due;
	}

}
