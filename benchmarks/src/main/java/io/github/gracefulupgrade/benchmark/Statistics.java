package io.github.gracefulupgrade.benchmark;

import java.util.Arrays;
import java.util.Collection;

/**
 * Of few values, such as one from each run.
 */
final class Statistics {

	private Statistics() {
	}

	static double median(Collection<Double> values) {
		double[] sorted = sorted(values);
		if (sorted.length == 0) {
			return Double.NaN;
		}
		int middle = sorted.length / 2;
		return (sorted.length % 2 == 1) ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
	}

	/** The smallest value that so large a share of all does not exceed. */
	static double percentile(Collection<Double> values, double share) {
		double[] sorted = sorted(values);
		return (sorted.length > 0) ? sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)] : Double.NaN;
	}

	private static double[] sorted(Collection<Double> values) {
		// A run without the value, such as a percentile of nothing, has no part in it.
		double[] sorted = values.stream().mapToDouble(Double::doubleValue).filter((v) -> !Double.isNaN(v)).toArray();
		Arrays.sort(sorted);
		return sorted;
	}

}
