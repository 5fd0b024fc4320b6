package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.OptionalLong;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The attempts to hand over: the one under way, and what became of the last. Whoever
 * asked is answered when all else is done, so that what they see next is the state that
 * it led to.
 */
final class Attempts {

	private final Ports ports;

	private final Settings settings;

	private final Runnable changed;

	private @Nullable Trigger underWay;

	private Duration start = Duration.ZERO;

	private @Nullable Attempt last;

	Attempts(Ports ports, Settings settings, Runnable changed) {
		this.ports = ports;
		this.settings = settings;
		this.changed = changed;
	}

	void begin(Trigger trigger) {
		this.underWay = trigger;
		this.start = this.ports.control().now();
	}

	void succeeded(Candidate successor) {
		Duration took = took();
		this.ports.journal()
			.info("Handed over: successor pid=%d accepts, %s after the trigger; incumbent pid=%d accepts for another %s"
				.formatted(successor.pid(), Incumbent.text(took), this.settings.pid(),
						Incumbent.text(this.settings.closeTimeout())));
		end(new Attempt(Outcome.HANDED_OVER, "successor pid=%d accepts".formatted(successor.pid()), took,
				successor.optionalPid()));
	}

	/**
	 * The attempt failed. Does nothing if its end was told before.
	 */
	void failed(Candidate successor, String reason) {
		if (this.underWay == null) {
			return;
		}
		Duration took = took();
		this.ports.journal()
			.warn("Upgrade failed after %s: %s; successor was pid=%d, incumbent pid=%d goes on"
				.formatted(Incumbent.text(took), reason, successor.pid(), this.settings.pid()));
		end(new Attempt(Outcome.FAILED, reason, took, successor.optionalPid()));
	}

	/**
	 * The successor had accepted, and is dead.
	 */
	void undone(Candidate successor) {
		end(new Attempt(Outcome.FAILED,
				"successor pid=%d took over, but did not live: %s".formatted(successor.pid(), successor.failure()),
				took(), successor.optionalPid()));
	}

	/**
	 * No attempt is made. Not worth to be remembered as one if another is under way.
	 */
	void refuse(Trigger trigger, Outcome outcome, String reason) {
		this.ports.journal()
			.info("%s: incumbent pid=%d does not hand over: %s".formatted(trigger, this.settings.pid(), reason));
		if (outcome != Outcome.REFUSED) {
			this.last = attempt(outcome, reason);
			this.changed.run();
		}
		answer(trigger, outcome, reason);
	}

	void answer(Trigger trigger, Outcome outcome, String reason) {
		trigger.reply().complete(attempt(outcome, reason));
	}

	@Nullable Attempt last() {
		return this.last;
	}

	private void end(Attempt attempt) {
		this.last = attempt;
		this.changed.run();
		Trigger trigger = this.underWay;
		this.underWay = null;
		if (trigger != null) {
			trigger.reply().complete(attempt);
		}
	}

	private Duration took() {
		return this.ports.control().now().minus(this.start);
	}

	private static Attempt attempt(Outcome outcome, String reason) {
		return new Attempt(outcome, reason, Duration.ZERO, OptionalLong.empty());
	}

}
