package io.github.gracefulupgrade.handover;

import java.time.Instant;
import java.util.OptionalLong;

import org.jspecify.annotations.Nullable;

/**
 * The state of an instance at one moment, for those who look from other threads.
 *
 * @param phase the phase
 * @param since when the phase began
 * @param generation handovers since the cold start
 * @param successor the process that waits or is handed over to, or {@code null}
 * @param predecessor the process that this one took over from, or {@code null}
 * @param drainDeadline when the drain cuts what is left, or {@code null} if none runs
 * @param lastAttempt the last attempt to hand over that ended, or {@code null}
 * @param spawn the process that this one started as its successor and that does not wait
 * yet, or {@code null}
 */
public record Snapshot(Phase phase, Instant since, int generation, @Nullable Successor successor,
		@Nullable Predecessor predecessor, @Nullable Instant drainDeadline, @Nullable Attempt lastAttempt,
		@Nullable Spawn spawn) {

	/**
	 * A successor.
	 *
	 * @param pid its process id
	 * @param since when it connected
	 * @param waiting whether it is ready to be handed over to, not just being built
	 */
	public record Successor(long pid, Instant since, boolean waiting) {
	}

	/**
	 * A process that was started as the successor.
	 *
	 * @param pid its process id, if there is one yet
	 * @param since when it was started
	 */
	public record Spawn(OptionalLong pid, Instant since) {
	}

	/**
	 * A predecessor.
	 *
	 * @param pid its process id
	 * @param draining whether it still drains, or is gone
	 * @param farewell what it said when it had drained, or {@code null} if it has not, or
	 * did not live to
	 */
	public record Predecessor(long pid, boolean draining, Message.@Nullable Farewell farewell) {
	}

}
