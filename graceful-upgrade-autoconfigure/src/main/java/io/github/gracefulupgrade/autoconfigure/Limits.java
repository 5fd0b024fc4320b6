package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;

/**
 * What a property may be, checked when it is bound: a successor would fail with it only
 * in the middle of the next upgrade.
 */
final class Limits {

	private Limits() {
	}

	static Duration notNegative(Duration duration) {
		if (duration.isNegative()) {
			throw new IllegalArgumentException("'" + duration + "' is negative");
		}
		return duration;
	}

	static String notBlank(String text) {
		if (text.isBlank()) {
			throw new IllegalArgumentException("one of them is blank");
		}
		return text;
	}

	static int atLeastOne(int number) {
		if (number < 1) {
			throw new IllegalArgumentException("'" + number + "' is less than 1");
		}
		return number;
	}

}
