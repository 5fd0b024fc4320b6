package io.github.gracefulupgrade.warmup;

import java.time.Duration;

/**
 * What a warm-up came to.
 *
 * @param requests how many requests were answered as expected
 * @param took how long it took
 * @param firstRound how long the first round took
 * @param lastRound how long the last one took
 */
public record WarmUpResult(int requests, Duration took, Duration firstRound, Duration lastRound) {

	/**
	 * What two parts of a warm-up came to.
	 * @param next the part that came after this one
	 * @param took how long all of it took, with what was between the two
	 * @return the result of all of it
	 */
	public WarmUpResult followedBy(WarmUpResult next, Duration took) {
		return new WarmUpResult(this.requests + next.requests, took, this.firstRound, next.lastRound);
	}

}
