package io.github.gracefulupgrade.benchmark;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one switch of one contender came to. All moments are of {@link System#nanoTime()}.
 *
 * @param load every request
 * @param from when measuring began
 * @param preparedFrom when the operator began: the steady state ends here
 * @param switchedAt when the operator did what makes the new version take over
 */
record Run(Load.Result load, long from, long preparedFrom, long switchedAt) {

	static final long AFTERMATH = 10_000_000_000L;

	List<Sample> samples() {
		return this.load.samples();
	}

	Latencies steady() {
		return Latencies.of(samples(),
				(sample) -> sample.intendedAt() >= this.from && sample.intendedAt() < this.preparedFrom);
	}

	/** While the new version starts beside the old one. */
	Latencies preparing() {
		return Latencies.of(samples(),
				(sample) -> sample.intendedAt() >= this.preparedFrom && sample.intendedAt() < this.switchedAt);
	}

	/** Within ten seconds after the switch. */
	Latencies after() {
		return Latencies.of(samples(), (sample) -> sample.intendedAt() >= this.switchedAt
				&& sample.intendedAt() < this.switchedAt + AFTERMATH);
	}

	/** Who served before the operator did anything. */
	Set<Long> oldPids() {
		return samples().stream()
			.filter((sample) -> sample.answered() && sample.endedAt() < this.preparedFrom)
			.map(Sample::pid)
			.collect(Collectors.toSet());
	}

	/** Milliseconds from the switch to the first answer of somebody new. */
	double firstNewMillis() {
		Set<Long> old = oldPids();
		return samples().stream()
			.filter((sample) -> sample.answered() && !old.contains(sample.pid()))
			.mapToDouble((sample) -> (sample.endedAt() - this.switchedAt) / 1e6)
			.min()
			.orElse(Double.NaN);
	}

	/** Milliseconds from the switch to the last answer of the old version. */
	double lastOldMillis() {
		Set<Long> old = oldPids();
		return samples().stream()
			.filter((sample) -> sample.answered() && old.contains(sample.pid()))
			.mapToDouble((sample) -> (sample.endedAt() - this.switchedAt) / 1e6)
			.max()
			.orElse(Double.NaN);
	}

	/**
	 * The longest time in milliseconds that no client got an answer, after the switch.
	 */
	double longestSilenceMillis() {
		long last = this.switchedAt;
		long longest = 0;
		for (Sample sample : samples()) {
			if (sample.answered() && sample.endedAt() > this.switchedAt) {
				longest = Math.max(longest, sample.endedAt() - last);
				last = sample.endedAt();
			}
		}
		return longest / 1e6;
	}

}
