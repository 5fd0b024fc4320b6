package io.github.gracefulupgrade.it;

import io.github.gracefulupgrade.it.Debugger.Gate;

/**
 * A step of a handover, and where a thread is held at that moment: mostly the control
 * thread of the one that the fault comes to, right before it sends or handles a frame.
 */
enum FaultStep {

	BEFORE_HELLO(Side.SUCCESSOR, Side.SUCCESSOR, sends("Hello")),

	WELCOMED(Side.SUCCESSOR, Side.SUCCESSOR, handles("Successor", "Welcome")),

	WAITING(Side.SUCCESSOR, Side.SUCCESSOR, sends("Waiting")),

	OFFER_CAME(Side.SUCCESSOR, Side.SUCCESSOR, handles("Successor", "Offer")),

	BEFORE_READY(Side.SUCCESSOR, Side.SUCCESSOR, sends("Ready")),

	COMMIT_CAME(Side.SUCCESSOR, Side.SUCCESSOR, handles("Successor", "Commit")),

	/** It has the lock and has not published its socket. */
	OWNER(Side.SUCCESSOR, Side.SUCCESSOR, new Gate(Gates.WIRE + "UnixUpgradeSocket", "publish", "")),

	/** It accepts, and has not told. */
	BEFORE_ACCEPTING(Side.SUCCESSOR, Side.SUCCESSOR, sends("Accepting")),

	CONNECTIONS_CAME(Side.SUCCESSOR, Side.SUCCESSOR, handles("Successor", "Handoff")),

	BEFORE_GOODBYE(Side.SUCCESSOR, Side.SUCCESSOR, sends("Goodbye")),

	BEFORE_OFFER(Side.INCUMBENT, Side.INCUMBENT, sends("Offer")),

	OFFERED(Side.INCUMBENT, Side.SUCCESSOR, handles("Successor", "Offer")),

	/** It has given the lock back, and has not told. */
	BEFORE_COMMIT(Side.INCUMBENT, Side.INCUMBENT, sends("Commit")),

	COMMITTED(Side.INCUMBENT, Side.SUCCESSOR, handles("Successor", "Commit")),

	ACCEPTING_CAME(Side.INCUMBENT, Side.INCUMBENT, handles("Incumbent", "Accepting")),

	/** The close timeout is over. */
	BOTH_ACCEPT(Side.INCUMBENT, Side.INCUMBENT, new Gate(Gates.HANDOVER + "Departure", "drain", "")),

	BEFORE_CONNECTIONS(Side.INCUMBENT, Side.INCUMBENT, sends("Handoff")),

	/** It has drained. */
	BEFORE_FAREWELL(Side.INCUMBENT, Side.INCUMBENT, sends("Farewell")),

	FAREWELL_SENT(Side.INCUMBENT, Side.SUCCESSOR, handles("Successor", "Farewell"));

	private final Side victim;

	private final Side held;

	private final Gate gate;

	FaultStep(Side victim, Side held, Gate gate) {
		this.victim = victim;
		this.held = held;
		this.gate = gate;
	}

	private static Gate sends(String message) {
		return new Gate(Gates.WIRE + "UnixPeer", "send", message);
	}

	private static Gate handles(String role, String message) {
		return new Gate(Gates.HANDOVER + role, "received", message);
	}

	Side victim() {
		return this.victim;
	}

	Side held() {
		return this.held;
	}

	Gate gate() {
		return this.gate;
	}

	/**
	 * Whether somebody triggers the handover before this step.
	 */
	boolean isTriggered() {
		return this != BEFORE_HELLO && this != WELCOMED && this != WAITING;
	}

	/**
	 * Whose process something happens to.
	 */
	enum Side {

		SUCCESSOR, INCUMBENT

	}

	private static final class Gates {

		private static final String WIRE = "io.github.gracefulupgrade.wire.";

		private static final String HANDOVER = "io.github.gracefulupgrade.handover.";

	}

}
