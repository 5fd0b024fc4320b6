package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Whether the listeners of an application accept: all the time, never, or now and then
 * while another process accepts on the same sockets.
 * <p>
 * Guarded by the monitor of the {@link UpgradableListeners} that it belongs to.
 */
final class Acceptance {

	/**
	 * How long an incumbent leaves new connections to a successor that has just begun to
	 * accept. It has accepted a million times, and the other one never: for as long as
	 * that, it would come first each time, and its successor be late with code that it
	 * runs for the first time, too. Short, since connections wait meanwhile should the
	 * successor not be there.
	 */
	private static final Duration FIRST_TURN = Duration.ofMillis(10);

	/** Those of the owner, which adds and removes them. */
	private final List<Listening> listening;

	private final boolean ramp;

	private boolean open = true;

	/**
	 * Create it, open.
	 * @param listening the listeners, also those that are yet to come
	 * @param ramp whether a successor's share of new connections grows from little to all
	 */
	Acceptance(List<Listening> listening, boolean ramp) {
		this.listening = listening;
		this.ramp = ramp;
	}

	/**
	 * Whether a listener accepts as soon as it is bound. Not so in a successor: what it
	 * answered before it is the owner would be lost with it.
	 */
	boolean isOpen() {
		return this.open;
	}

	/**
	 * Shut before there is any listener.
	 */
	void shut() {
		this.open = false;
	}

	/**
	 * Accept all the time.
	 */
	void open() {
		this.open = true;
		this.listening.forEach(Listening::open);
	}

	/**
	 * Accept, beside the predecessor.
	 * @param over how long the ramp takes, if there is one
	 */
	void more(Duration over) {
		this.open = true;
		for (Listening listener : this.listening) {
			// Nobody else accepts on those that this instance bound itself.
			if (this.ramp && !over.isZero() && listener.isInherited()) {
				listener.ramp(true, over);
			}
			else {
				listener.open();
			}
		}
	}

	/**
	 * Go on, beside a successor that has just begun.
	 * @param names the listeners that it has
	 * @param over how long both accept
	 */
	void less(Collection<String> names, Duration over) {
		if (!this.open || over.isZero()) {
			return;
		}
		this.listening.stream().filter((listener) -> names.contains(listener.name())).forEach((listener) -> {
			if (this.ramp) {
				listener.ramp(false, over);
			}
			else {
				listener.stepAside(FIRST_TURN);
			}
		});
	}

	/**
	 * The other process has stopped: no more turns.
	 */
	void all() {
		if (this.ramp) {
			this.listening.forEach(Listening::acceptAll);
		}
	}

	/**
	 * Accept no more.
	 * @param names the listeners that a successor has; others go on
	 * @return completes when they have stopped
	 */
	CompletableFuture<Void> pause(Collection<String> names) {
		this.open = false;
		return CompletableFuture.allOf(this.listening.stream()
			.filter((listener) -> names.contains(listener.name()))
			.map(Listening::pause)
			.toArray(CompletableFuture[]::new));
	}

}
