package io.github.gracefulupgrade.systemd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

import io.github.gracefulupgrade.handover.Attempt;
import io.github.gracefulupgrade.handover.Phase;
import io.github.gracefulupgrade.handover.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * Puts what an instance lives through into the words of {@code sd_notify(3)}.
 * <p>
 * Of the instances of one unit, one speaks at a time: the one that serves. A successor is
 * silent until it accepts, and an incumbent that has handed over is silent from then on:
 * it stops, but the unit does not. Used by one thread.
 */
final class ServiceReport {

	private final long pid;

	private final LongSupplier monotonicMicros;

	/**
	 * The phase that was last told of, or {@code null} if nothing was told so far.
	 */
	private @Nullable Phase told;

	/**
	 * Whether the unit reloads, as far as was told.
	 */
	private boolean reloading;

	private String status = "";

	/**
	 * Create a report that has nothing to tell.
	 * @param pid this process
	 * @param monotonicMicros {@code CLOCK_MONOTONIC}, in microseconds
	 */
	ServiceReport(long pid, LongSupplier monotonicMicros) {
		this.pid = pid;
		this.monotonicMicros = monotonicMicros;
	}

	/**
	 * What there is to tell.
	 * @param now the state; states in between may have been left out
	 * @return the message, or {@code null} if there is none
	 */
	@Nullable String next(Snapshot now) {
		Phase before = this.told;
		List<String> lines = new ArrayList<>();
		switch (now.phase()) {
			case SERVING -> {
				if (before == null || handedOver(before)) {
					ready(lines);
					if (now.predecessor() != null || before != null) {
						lines.add("MAINPID=" + this.pid);
					}
				}
				if (now.spawn() != null) {
					reloading(lines);
				}
				else if (this.reloading && !waits(now.successor())) {
					ready(lines);
				}
				status(lines, serving(now));
			}
			case HANDING_OVER -> {
				reloading(lines);
				status(lines, "Hands over to pid %d.".formatted(pid(now.successor())));
			}
			case CLOSING, DRAINING, GONE -> {
				// The successor says so, too. This counts where systemd hears the main
				// process only (NotifyAccess=main).
				if (!handedOver(before) && now.successor() != null) {
					ready(lines);
					lines.add("MAINPID=" + pid(now.successor()));
				}
			}
			case STOPPING -> {
				if (before != null && before != Phase.STOPPING) {
					lines.add("STOPPING=1");
					status(lines, "Shuts down; requests in flight may finish.");
				}
			}
			case STARTING, WAITING, TAKING_OVER -> {
				return null;
			}
		}
		if (before != null || now.phase() == Phase.SERVING) {
			this.told = now.phase();
		}
		return lines.isEmpty() ? null : String.join("\n", lines);
	}

	private void ready(List<String> lines) {
		this.reloading = false;
		lines.add("READY=1");
	}

	private void reloading(List<String> lines) {
		if (!this.reloading) {
			this.reloading = true;
			lines.add("RELOADING=1");
			lines.add("MONOTONIC_USEC=" + this.monotonicMicros.getAsLong());
		}
	}

	/**
	 * Whether there is a successor that is handed over to next, if this instance has
	 * begun to reload.
	 */
	private static boolean waits(Snapshot.@Nullable Successor successor) {
		return successor != null && successor.waiting();
	}

	private static boolean handedOver(@Nullable Phase phase) {
		return phase == Phase.CLOSING || phase == Phase.DRAINING || phase == Phase.GONE;
	}

	private void status(List<String> lines, String text) {
		// A line break would end the value.
		String status = text.replaceAll("\\R+\\s*", " ");
		if (!lines.isEmpty() || !status.equals(this.status)) {
			lines.add("STATUS=" + status);
			this.status = status;
		}
	}

	private static String serving(Snapshot now) {
		StringBuilder text = new StringBuilder("Serving");
		if (now.generation() > 0) {
			text.append(", generation %d".formatted(now.generation()));
		}
		text.append('.');
		Snapshot.Predecessor predecessor = now.predecessor();
		if (predecessor != null && predecessor.draining()) {
			text.append(" Took over from pid %d, which finishes its requests.".formatted(predecessor.pid()));
		}
		Snapshot.Successor successor = now.successor();
		if (successor != null) {
			text.append(successor.waiting() ? " Pid %d waits to take over.".formatted(successor.pid())
					: " Pid %d starts, to take over.".formatted(successor.pid()));
		}
		else if (now.spawn() != null) {
			text.append(" Starts a new process, to hand over to.");
		}
		Attempt attempt = now.lastAttempt();
		if (attempt != null && attempt.outcome() == Attempt.Outcome.FAILED) {
			text.append(" The last upgrade failed: %s.".formatted(attempt.reason()));
		}
		return text.toString();
	}

	private static long pid(Snapshot.@Nullable Successor successor) {
		return (successor != null) ? successor.pid() : -1;
	}

}
