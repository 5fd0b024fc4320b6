package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.List;
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

	private final Spawning spawning;

	private @Nullable Trigger underWay;

	private Duration start = Duration.ZERO;

	private @Nullable Attempt last;

	Attempts(Ports ports, Settings settings, Spawning spawning, Runnable changed) {
		this.ports = ports;
		this.settings = settings;
		this.spawning = spawning;
		this.changed = changed;
	}

	/**
	 * An attempt begins, unless it began when its successor was started.
	 */
	void begin(Trigger trigger) {
		if (this.underWay != trigger) {
			this.underWay = trigger;
			this.start = this.ports.control().now();
		}
	}

	/**
	 * The trigger of the attempt under way.
	 */
	@Nullable Trigger underWay() {
		return this.underWay;
	}

	void succeeded(Candidate successor) {
		Duration took = took();
		this.ports.journal()
			.info("Handed over: successor pid=%d accepts, %s after the trigger; incumbent pid=%d accepts for another %s"
				.formatted(successor.pid(), Incumbent.text(took), this.settings.pid(),
						Incumbent.text(this.settings.closeTimeout())));
		end(Outcome.HANDED_OVER, "successor pid=%d accepts".formatted(successor.pid()), took, successor.optionalPid());
	}

	/**
	 * The attempt failed. Does nothing if its end was told before.
	 */
	void failed(@Nullable Candidate successor, String reason) {
		if (this.underWay == null) {
			return;
		}
		Duration took = took();
		OptionalLong pid = (successor != null) ? successor.optionalPid() : this.spawning.pid();
		this.ports.journal()
			.warn("Upgrade failed after %s: %s; %sincumbent pid=%d goes on".formatted(Incumbent.text(took), reason,
					pid.isPresent() ? "successor was pid=" + pid.getAsLong() + ", " : "", this.settings.pid()));
		end(Outcome.FAILED, reason, took, pid);
	}

	/**
	 * The successor had accepted, and is dead.
	 */
	void undone(Candidate successor) {
		end(Outcome.FAILED,
				"successor pid=%d took over, but did not live: %s".formatted(successor.pid(), successor.failure()),
				took(), successor.optionalPid());
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

	private void end(Outcome outcome, String reason, Duration took, OptionalLong successor) {
		List<String> output = this.spawning.over(outcome == Outcome.HANDED_OVER, successor);
		Attempt attempt = new Attempt(outcome, reason, took, successor, output);
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
		return new Attempt(outcome, reason, Duration.ZERO, OptionalLong.empty(), List.of());
	}

}
