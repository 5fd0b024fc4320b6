package io.github.gracefulupgrade.handover;

import java.time.Duration;

/**
 * How long something is tried again and again.
 */
final class Patience {

	private final ControlThread control;

	private Duration length = Duration.ZERO;

	private Duration end = Duration.ZERO;

	Patience(ControlThread control) {
		this.control = control;
	}

	void begin(Duration length) {
		this.length = length;
		this.end = this.control.now().plus(length);
	}

	boolean isOver() {
		return this.control.now().compareTo(this.end) >= 0;
	}

	Duration length() {
		return this.length;
	}

	/**
	 * What is left, but no less than somebody needs to answer who is reached in the last
	 * moment.
	 */
	Duration leftOr(Duration least) {
		Duration left = this.end.minus(this.control.now());
		return (left.compareTo(least) > 0) ? left : least;
	}

}
