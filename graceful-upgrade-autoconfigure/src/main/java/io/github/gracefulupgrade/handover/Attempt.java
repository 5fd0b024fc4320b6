package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * What became of one attempt to hand over.
 *
 * @param outcome how it ended
 * @param reason a sentence about it
 * @param duration from the trigger to the outcome; zero if nothing was begun
 * @param successor the process that was handed over to, if there was one
 * @param output the last lines that the successor printed, if it failed and this instance
 * had started it
 */
public record Attempt(Outcome outcome, String reason, Duration duration, OptionalLong successor, List<String> output) {

	public Attempt {
		output = List.copyOf(output);
	}

	/**
	 * How an attempt can end.
	 */
	public enum Outcome {

		/**
		 * The successor accepts.
		 */
		HANDED_OVER,

		/**
		 * There was no successor to hand over to.
		 */
		NO_SUCCESSOR,

		/**
		 * Another attempt is under way, or this instance is in no state to hand over.
		 */
		REFUSED,

		/**
		 * The successor failed, or took too long; this instance serves on.
		 */
		FAILED

	}

}
