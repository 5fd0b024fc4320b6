package io.github.gracefulupgrade.handover;

import java.util.List;

/**
 * The moment in which an instance that owns the listeners begins to accept, and can be
 * upgraded itself. All of it is the control thread's.
 */
final class Opening {

	private final Ports ports;

	/**
	 * For what may fail without consequences.
	 */
	private final Ports containedPorts;

	private final Settings settings;

	private final Predecessor predecessor;

	/**
	 * Create what has not happened yet.
	 * @param ports what it needs of the world
	 * @param containedPorts the same, which do not throw
	 * @param settings how long the predecessor goes on to accept
	 * @param predecessor who served until now, if anybody did
	 */
	Opening(Ports ports, Ports containedPorts, Settings settings, Predecessor predecessor) {
		this.ports = ports;
		this.containedPorts = containedPorts;
		this.settings = settings;
		this.predecessor = predecessor;
	}

	/**
	 * Do what can be done before, while the main thread finishes the start.
	 */
	void prepare() {
		this.containedPorts.socket().prepareToPublish();
	}

	/**
	 * Take the path, and accept.
	 * @throws UpgradeException if this instance cannot take the path; it has accepted
	 * nothing then, unless it started cold
	 */
	void open() {
		this.ports.socket().publish();
		this.ports.pidFile().write();
		if (this.predecessor.isConnected()) {
			this.ports.listeners().acceptMore(this.settings.closeTimeout());
		}
		else {
			this.ports.listeners().open();
		}
	}

	/**
	 * Tell the operator, and the predecessor, which begins to drain.
	 */
	void announce(int generation) {
		if (!this.predecessor.exists()) {
			this.ports.journal()
				.info("Incumbent pid=%d serves and can be upgraded at %s".formatted(this.settings.pid(),
						this.settings.path()));
		}
		else {
			this.ports.journal()
				.info("Successor pid=%d accepts, generation %d; predecessor pid=%d %s".formatted(this.settings.pid(),
						generation, this.predecessor.pid(), this.predecessor.isConnected() ? "drains" : "is gone"));
		}
		if (this.predecessor.isConnected()) {
			// It accepts: what fails here costs no more than connections that do not
			// move.
			this.predecessor.send(new Message.Accepting(List.copyOf(this.containedPorts.listeners().movable()),
					this.containedPorts.connections().room()));
		}
	}

}
