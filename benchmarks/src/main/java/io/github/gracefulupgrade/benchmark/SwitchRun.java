package io.github.gracefulupgrade.benchmark;

import java.util.Comparator;
import java.util.List;

/**
 * An upgrade under half of the load that the machine can take.
 *
 * @param warmUp whether the successor warmed up
 * @param run its requests; the steady state ends with the switch
 * @param waitsSince when the successor began to wait, as {@link System#nanoTime()}
 * @param successor the pid of the successor
 * @param loadTook processors that the load took in the steady state
 * @param oldTook processors that the old version took in the steady state
 * @param newTook processors that the new version took after the switch
 */
record SwitchRun(boolean warmUp, Run run, long waitsSince, long successor, double loadTook, double oldTook,
		double newTook) {

	private static final int SECOND = 1_000_000_000;

	/** While the new version started, with the old one under load. */
	Latencies starting() {
		return Latencies.of(this.run.samples(), (sample) -> sample.intendedAt() < this.waitsSince);
	}

	double steadyP99() {
		return this.run.steady().millis(99);
	}

	double afterP99() {
		return this.run.after().millis(99);
	}

	double ratio() {
		return afterP99() / steadyP99();
	}

	/** In the second that begins so many seconds after the switch, or before it. */
	double p99(int second) {
		long from = this.run.switchedAt() + (long) second * SECOND;
		return Latencies
			.of(this.run.samples(), (sample) -> sample.intendedAt() >= from && sample.intendedAt() < from + SECOND)
			.millis(99);
	}

	/** Of all, the first request that the successor was sent and answered. */
	Sample first() {
		return firsts(1).get(0);
	}

	/** The longest of its first requests, in milliseconds. */
	double longestOfFirst(int count) {
		return firsts(count).stream().mapToDouble((sample) -> sample.latency() / 1e6).max().orElse(Double.NaN);
	}

	private List<Sample> firsts(int count) {
		List<Sample> answered = this.run.samples()
			.stream()
			.filter((sample) -> sample.answered() && sample.pid() == this.successor)
			.sorted(Comparator.comparingLong(Sample::beganAt))
			.limit(count)
			.toList();
		if (answered.isEmpty()) {
			throw new IllegalStateException("The successor has answered nothing");
		}
		return answered;
	}

	double firstMillis() {
		return first().latency() / 1e6;
	}

	/**
	 * The steady median of requests of the same kind as the first one: with a connection
	 * of their own, or on one that is kept.
	 */
	double steadyMedian() {
		boolean fresh = first().fresh();
		return Latencies
			.of(this.run.samples(),
					(sample) -> sample.fresh() == fresh && sample.intendedAt() >= this.run.from()
							&& sample.intendedAt() < this.run.switchedAt())
			.millis(50);
	}

	double firstRatio() {
		return firstMillis() / steadyMedian();
	}

	/** By how much the load was late in the steady state, in milliseconds. */
	double lateness(double percentile) {
		return Latencies
			.lateness(this.run.samples(),
					(sample) -> sample.intendedAt() >= this.run.from() && sample.intendedAt() < this.run.switchedAt())
			.millis(percentile);
	}

	long failed() {
		return this.run.load().count(Fate.LOST) + this.run.load().count(Fate.REFUSED);
	}

	@Override
	public String toString() {
		return "%s: p99 %.2f ms, then %.2f ms (x %.2f); first request %.2f ms, steady median %.2f ms (x %.1f), longest of the first 20 %.2f ms; %d failed; load %.2f, old %.2f, new %.2f processors; late p99 %.2f ms; starting p99 %.1f ms"
			.formatted(this.warmUp ? "warm" : "cold", steadyP99(), afterP99(), ratio(), firstMillis(), steadyMedian(),
					firstRatio(), longestOfFirst(20), failed(), this.loadTook, this.oldTook, this.newTook, lateness(99),
					starting().millis(99));
	}

}
