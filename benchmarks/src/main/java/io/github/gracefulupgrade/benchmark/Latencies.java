package io.github.gracefulupgrade.benchmark;

import java.util.function.Predicate;
import java.util.function.ToLongFunction;

import org.HdrHistogram.Histogram;

/**
 * How long answered requests took, counted from when each should have been sent.
 */
final class Latencies {

	private static final long LONGEST = 120_000_000_000L;

	private final Histogram histogram = new Histogram(1000, LONGEST, 3);

	static Latencies of(Iterable<Sample> samples, Predicate<Sample> which) {
		return of(samples, which, Sample::latency);
	}

	/** How late requests were sent, which is a part of their latency. */
	static Latencies lateness(Iterable<Sample> samples, Predicate<Sample> which) {
		return of(samples, which, (sample) -> sample.beganAt() - sample.intendedAt());
	}

	private static Latencies of(Iterable<Sample> samples, Predicate<Sample> which, ToLongFunction<Sample> value) {
		Latencies latencies = new Latencies();
		for (Sample sample : samples) {
			if (sample.answered() && which.test(sample)) {
				latencies.histogram.recordValue(Math.min(LONGEST, Math.max(0, value.applyAsLong(sample))));
			}
		}
		return latencies;
	}

	long count() {
		return this.histogram.getTotalCount();
	}

	double meanMillis() {
		return this.histogram.getMean() / 1e6;
	}

	/** A percentile in milliseconds; NaN if nothing was answered. */
	double millis(double percentile) {
		return (count() > 0) ? this.histogram.getValueAtPercentile(percentile) / 1e6 : Double.NaN;
	}

	double maxMillis() {
		return millis(100);
	}

}
