package io.github.gracefulupgrade.test;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;

/**
 * How long requests took.
 *
 * @param count how many were answered
 * @param p50 half of them took no longer
 * @param p90 nine in ten took no longer
 * @param p99 all but one in a hundred took no longer
 * @param max the longest
 */
public record Latency(int count, Duration p50, Duration p90, Duration p99, Duration max) {

	static Latency of(Collection<Fate> fates) {
		long[] nanos = fates.stream().filter(Fate::answered).mapToLong((fate) -> fate.duration().toNanos()).toArray();
		Arrays.sort(nanos);
		return new Latency(nanos.length, percentile(nanos, 0.5), percentile(nanos, 0.9), percentile(nanos, 0.99),
				percentile(nanos, 1));
	}

	private static Duration percentile(long[] sorted, double share) {
		if (sorted.length == 0) {
			return Duration.ZERO;
		}
		// Nearest rank: always a latency that was really measured.
		return Duration.ofNanos(sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)]);
	}

	@Override
	public String toString() {
		return String.format(Locale.ROOT, "p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms of %,d",
				this.p50.toNanos() / 1e6, this.p90.toNanos() / 1e6, this.p99.toNanos() / 1e6, this.max.toNanos() / 1e6,
				this.count);
	}

}
