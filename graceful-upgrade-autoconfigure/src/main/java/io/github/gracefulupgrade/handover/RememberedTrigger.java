package io.github.gracefulupgrade.handover;

import org.jspecify.annotations.Nullable;

import io.github.gracefulupgrade.handover.Attempt.Outcome;

/**
 * A trigger that found no successor ready, remembered for the trigger window. There is
 * only one: a second signal gives the first a new window, a second request is refused. A
 * signal that comes after a request takes its place if what the request was meant for
 * fails.
 */
final class RememberedTrigger {

	private final Ports ports;

	private final Settings settings;

	private final Attempts attempts;

	private final Alarm window;

	private @Nullable Trigger trigger;

	/**
	 * A signal that came after it.
	 */
	private @Nullable Trigger signal;

	RememberedTrigger(Ports ports, Settings settings, Attempts attempts) {
		this.ports = ports;
		this.settings = settings;
		this.attempts = attempts;
		this.window = new Alarm(ports.control());
	}

	/**
	 * Remember a trigger.
	 * @param trigger the trigger
	 * @param successor the successor that is being built, or {@code null}
	 */
	void remember(Trigger trigger, @Nullable Candidate successor) {
		if (this.trigger == null) {
			this.trigger = trigger;
		}
		else {
			this.attempts.answer(trigger, Outcome.REFUSED, "a trigger is already remembered");
			if (!trigger.isSignal()) {
				return;
			}
			this.signal = trigger;
		}
		this.window.set(this.settings.triggerWindow(),
				() -> forget(Outcome.NO_SUCCESSOR, "no successor was ready within %s (pingora.trigger-window)"
					.formatted(Incumbent.text(this.settings.triggerWindow()))));
		this.ports.journal()
			.info("%s: incumbent pid=%d has no successor that waits%s; remembered for %s".formatted(
					trigger, this.settings.pid(), (successor != null)
							? " (pid=" + successor.pid() + " is still being built)" : ", start it with --upgrade",
					Incumbent.text(this.settings.triggerWindow())));
	}

	/**
	 * A successor waits: what was remembered is due.
	 * @return the trigger, or {@code null} if none is remembered
	 */
	@Nullable Trigger take() {
		Trigger trigger = this.trigger;
		this.trigger = null;
		this.signal = null;
		this.window.off();
		return trigger;
	}

	/**
	 * The successor that was being built failed. A request was meant for that one; a
	 * signal is good for the next.
	 */
	void successorFailed(String reason) {
		Trigger request = this.trigger;
		if (request == null || request.isSignal()) {
			return;
		}
		if (this.signal == null) {
			forget(Outcome.FAILED, reason);
		}
		else {
			this.trigger = this.signal;
			this.signal = null;
			this.attempts.refuse(request, Outcome.FAILED, reason);
		}
	}

	void forget(Outcome outcome, String reason) {
		Trigger trigger = take();
		if (trigger != null) {
			this.attempts.refuse(trigger, outcome, reason);
		}
	}

}
