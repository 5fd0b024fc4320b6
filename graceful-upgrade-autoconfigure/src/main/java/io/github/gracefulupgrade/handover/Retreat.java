package io.github.gracefulupgrade.handover;

/**
 * The end of a start that failed: what the incumbent lent goes back, and both the
 * incumbent and the main thread hear why. There is no way back from it.
 * <p>
 * All state is the control thread's. The ports do not throw, see {@link ContainedPorts}.
 */
final class Retreat {

	private final Ports ports;

	private final Predecessor incumbent;

	private final IncomingOffer offer;

	private final Gates gates;

	private boolean begun;

	Retreat(Ports ports, Predecessor incumbent, IncomingOffer offer, Gates gates) {
		this.ports = ports;
		this.incumbent = incumbent;
		this.offer = offer;
		this.gates = gates;
	}

	/**
	 * The start failed.
	 * @param serversStart whether the web servers are just starting. They find the
	 * listeners that they expect: told that their ports are in use, nobody would know why
	 */
	void begin(UpgradeException failure, boolean serversStart) {
		this.begun = true;
		this.offer.giveUp();
		if (serversStart) {
			// The main thread hears of it at the second gate, if it ever gets there.
			this.ports.control().after(Incumbent.PROMPT_ANSWER, () -> abortUnlessTold(failure));
		}
		else {
			discardListeners();
		}
		this.ports.socket().retire();
		this.ports.lock().release();
		this.incumbent.send(new Message.Failed(String.valueOf(failure.getMessage())));
		this.incumbent.hangUp();
		this.gates.fail(failure);
	}

	private void abortUnlessTold(UpgradeException failure) {
		if (!this.gates.isTold()) {
			this.ports.exit().abort(failure);
		}
	}

	/**
	 * The web servers do not need the listeners any more. Does nothing unless the start
	 * has failed.
	 */
	void discardListeners() {
		if (this.begun) {
			this.ports.listeners().discard();
		}
	}

}
