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

	static double mean(Collection<Double> values) {
		return Arrays.stream(sorted(values)).average().orElse(Double.NaN);
	}

	/** How far the mean is likely to be from that of many more values. */
	static double standardError(Collection<Double> values) {
		double[] sorted = sorted(values);
		double mean = mean(values);
		double squares = Arrays.stream(sorted).map((value) -> (value - mean) * (value - mean)).sum();
		return Math.sqrt(squares / (sorted.length - 1) / sorted.length);
	}

	private static double[] sorted(Collection<Double> values) {
		// A run without the value, such as a percentile of nothing, has no part in it.
		double[] sorted = values.stream().mapToDouble(Double::doubleValue).filter((v) -> !Double.isNaN(v)).toArray();
		Arrays.sort(sorted);
		return sorted;
	}

}
