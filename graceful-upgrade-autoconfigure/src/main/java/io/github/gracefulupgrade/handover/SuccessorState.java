package io.github.gracefulupgrade.handover;

/**
 * Where a {@link Successor} stands.
 */
enum SuccessorState {

	/**
	 * Nothing begun.
	 */
	NEW(Phase.STARTING),

	/**
	 * Trying to reach the incumbent, or to take the lock of one that goes away.
	 */
	CONNECTING(Phase.STARTING),

	/**
	 * WELCOME received; the application is being built.
	 */
	BUILDING(Phase.STARTING),

	/**
	 * WAITING sent.
	 */
	WAITING(Phase.WAITING),

	/**
	 * OFFER received; the web servers start.
	 */
	ADOPTING(Phase.TAKING_OVER),

	/**
	 * READY sent.
	 */
	READY(Phase.TAKING_OVER),

	/**
	 * COMMIT received; trying to take the lock.
	 */
	COMMITTED(Phase.TAKING_OVER),

	/**
	 * Holds the lock and the listeners; the rest of the application starts.
	 */
	OWNER(Phase.TAKING_OVER),

	/**
	 * Holds the lock, and binds; the rest of the application starts.
	 */
	COLD_OWNER(Phase.STARTING),

	/**
	 * Accepts.
	 */
	ACCEPTING(Phase.SERVING),

	/**
	 * Gave up, or was closed.
	 */
	FAILED(Phase.STOPPING);

	private final Phase phase;

	SuccessorState(Phase phase) {
		this.phase = phase;
	}

	/**
	 * What users are told.
	 */
	Phase phase() {
		return this.phase;
	}

}
