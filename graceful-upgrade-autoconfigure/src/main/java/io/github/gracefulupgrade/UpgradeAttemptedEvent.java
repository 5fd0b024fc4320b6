package io.github.gracefulupgrade;

import org.springframework.context.ApplicationEvent;

/**
 * An attempt of this instance to hand over has ended, well or not. Published like
 * {@link UpgradePhaseChangedEvent}, and in order with it. An attempt that was refused,
 * because another one was under way, is none.
 */
public final class UpgradeAttemptedEvent extends ApplicationEvent {

	private static final long serialVersionUID = 1L;

	private final transient UpgradeStatus.Attempt attempt;

	/**
	 * Create an event.
	 * @param source what publishes it
	 * @param attempt what became of the attempt
	 */
	public UpgradeAttemptedEvent(Object source, UpgradeStatus.Attempt attempt) {
		super(source);
		this.attempt = attempt;
	}

	/**
	 * What became of the attempt.
	 * @return outcome, reason and duration
	 */
	public UpgradeStatus.Attempt getAttempt() {
		return this.attempt;
	}

}
