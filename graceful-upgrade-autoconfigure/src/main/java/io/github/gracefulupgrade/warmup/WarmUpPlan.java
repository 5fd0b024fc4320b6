package io.github.gracefulupgrade.warmup;

import java.time.Duration;
import java.util.List;

/**
 * How requests are played: in rounds, of which each plays each request once, with a pause
 * after each, until there were enough or the time is over, whichever comes first.
 *
 * @param requests the requests, in order
 * @param rounds how many rounds, at least 1
 * @param duration how long at most; the first round is played to its end
 * @param concurrency how many requests are under way at once, at least 1; with fewer
 * requests than that, several rounds are
 * @param pause how long to pause after a round
 * @param responseTimeout how long a response may take
 */
public record WarmUpPlan(List<WarmUpRequest> requests, int rounds, Duration duration, int concurrency, Duration pause,
		Duration responseTimeout) {

	/**
	 * The same for a shorter time.
	 * @param limit how long at most
	 * @return the plan, which lasts for no longer than that
	 */
	public WarmUpPlan atMost(Duration limit) {
		return (this.duration.compareTo(limit) <= 0) ? this : with(this.rounds, limit);
	}

	/**
	 * What is left of it.
	 * @param played how many rounds have been played
	 * @param took how long that took
	 * @return the rest, which may be {@linkplain #isOver() nothing}
	 */
	public WarmUpPlan after(int played, Duration took) {
		return with(this.rounds - played, this.duration.minus(took));
	}

	/**
	 * Whether there is nothing left to be played.
	 * @return whether it is over
	 */
	public boolean isOver() {
		return this.rounds <= 0 || this.duration.isNegative() || this.duration.isZero();
	}

	private WarmUpPlan with(int rounds, Duration duration) {
		return new WarmUpPlan(this.requests, rounds, duration, this.concurrency, this.pause, this.responseTimeout);
	}

}
