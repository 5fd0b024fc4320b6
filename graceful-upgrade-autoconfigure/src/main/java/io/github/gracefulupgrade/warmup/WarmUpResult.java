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
}
