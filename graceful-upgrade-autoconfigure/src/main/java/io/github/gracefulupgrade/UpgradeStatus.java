package io.github.gracefulupgrade;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The state of an instance at one moment. What {@code GET /actuator/upgrade} answers.
 *
 * @param pid this process
 * @param phase the phase that it is in
 * @param generation the number of handovers since the cold start
 * @param since when the phase began
 * @param listeners where it listens
 * @param successor the process that waits to take over or is taking over, or {@code null}
 * @param predecessor the process that this one took over from, or {@code null}
 * @param drain the drain that is under way, or {@code null}
 * @param lastAttempt the last attempt to hand over that ended, or {@code null}
 * @param spawn the process that this one started as its successor and that is not ready
 * yet, or {@code null}
 */
public record UpgradeStatus(long pid, UpgradePhase phase, int generation, Instant since, List<Listener> listeners,
		@Nullable Successor successor, @Nullable Predecessor predecessor, @Nullable Drain drain,
		@Nullable Attempt lastAttempt, @Nullable Spawn spawn) {

	public UpgradeStatus {
		listeners = List.copyOf(listeners);
	}

	/**
	 * A listener.
	 *
	 * @param name the server's name: {@code server}, {@code management}
	 * @param address the address that it is bound to, {@code host:port}, with {@code *}
	 * for all interfaces
	 * @param origin where it came from
	 */
	public record Listener(String name, String address, Origin origin) {
	}

	/**
	 * Where a listener came from.
	 */
	public enum Origin {

		/**
		 * This process bound it.
		 */
		BOUND,

		/**
		 * It was handed over by the predecessor.
		 */
		INHERITED,

		/**
		 * This process was started with it: socket activation.
		 */
		ACTIVATED

	}

	/**
	 * A successor.
	 *
	 * @param pid its process id
	 * @param since when it connected
	 * @param waiting whether it is ready to be handed over to, or still being built
	 */
	public record Successor(long pid, Instant since, boolean waiting) {
	}

	/**
	 * A process that was started as the successor.
	 *
	 * @param pid its process id, or {@code null} if there is none yet
	 * @param since when it was started
	 */
	public record Spawn(@Nullable Long pid, Instant since) {
	}

	/**
	 * A predecessor.
	 *
	 * @param pid its process id
	 * @param draining whether it still drains; else it is gone
	 * @param farewell what it said when it had drained; {@code null} before, or if it did
	 * not live to say it
	 */
	public record Predecessor(long pid, boolean draining, @Nullable Farewell farewell) {
	}

	/**
	 * What a predecessor's handover and drain came to.
	 *
	 * @param handover from the trigger to the moment that this instance accepted
	 * @param drain how long the drain took
	 * @param drained what it came to
	 */
	public record Farewell(Duration handover, Duration drain, Drained drained) {
	}

	/**
	 * What a drain came to, or has come to so far.
	 *
	 * @param finished requests that were answered since the drain began
	 * @param cut requests that were not answered in time
	 * @param handedOver connections that the successor serves on
	 * @param announced connections that were closed after a response that said so
	 * @param goneAway HTTP/2 connections that were told to go away
	 * @param webSockets WebSocket connections that were closed with a Close frame
	 */
	public record Drained(long finished, long cut, long handedOver, long announced, long goneAway, long webSockets) {
	}

	/**
	 * A drain.
	 *
	 * @param connections open connections
	 * @param requests requests in flight
	 * @param finished requests answered since the drain began
	 * @param timeLeft how long it may still take before what is left is cut
	 * @param handedOver connections that went to the successor
	 * @param announced connections that were closed after a response that said so
	 * @param goneAway HTTP/2 connections that were told to go away
	 * @param webSockets WebSocket connections that were closed with a Close frame
	 * @param cut requests that were not answered in time
	 */
	public record Drain(int connections, int requests, long finished, Duration timeLeft, long handedOver,
			long announced, long goneAway, long webSockets, long cut) {
	}

	/**
	 * An attempt to hand over.
	 *
	 * @param outcome how it ended
	 * @param reason a sentence about it
	 * @param duration from the trigger to the outcome; zero if nothing was begun
	 * @param output the last lines that the successor printed, if it failed and this
	 * instance had started it
	 */
	public record Attempt(Outcome outcome, String reason, Duration duration, List<String> output) {

		public Attempt {
			output = List.copyOf(output);
		}

		/**
		 * An attempt whose successor, if there was one, was started by somebody else.
		 * @param outcome how it ended
		 * @param reason a sentence about it
		 * @param duration from the trigger to the outcome; zero if nothing was begun
		 */
		public Attempt(Outcome outcome, String reason, Duration duration) {
			this(outcome, reason, duration, List.of());
		}

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
