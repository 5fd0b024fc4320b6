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
}
