package io.github.gracefulupgrade;

import org.springframework.context.ApplicationEvent;

/**
 * An instance entered another {@link UpgradePhase}. Published to the application context
 * that serves, in order, on a thread of its own: a listener may take its time, and delays
 * neither the upgrade nor requests, only the events after it. An instance that handed
 * over closes its context when listeners have returned from its last phase, or after
 * {@code spring.lifecycle.timeout-per-shutdown-phase}; one that is shut down does not
 * wait for them.
 */
public final class UpgradePhaseChangedEvent extends ApplicationEvent {

	private static final long serialVersionUID = 1L;

	private final UpgradePhase previous;

	private final UpgradePhase phase;

	/**
	 * Create an event.
	 * @param source what publishes it
	 * @param previous the phase that ended
	 * @param phase the phase that began
	 */
	public UpgradePhaseChangedEvent(Object source, UpgradePhase previous, UpgradePhase phase) {
		super(source);
		this.previous = previous;
		this.phase = phase;
	}

	/**
	 * The phase that ended.
	 * @return the phase before
	 */
	public UpgradePhase getPrevious() {
		return this.previous;
	}

	/**
	 * The phase that began.
	 * @return the phase now
	 */
	public UpgradePhase getPhase() {
		return this.phase;
	}

}
