package io.github.gracefulupgrade.handover;

/**
 * Where an {@link Incumbent} stands, or, from {@link #COMMITTED} to {@link #GONE}, its
 * {@link Resignation}.
 */
enum IncumbentState {

	/**
	 * Not yet serving: the application is still being built.
	 */
	STARTING(Phase.STARTING),

	/**
	 * Owns the lock and the listeners, and accepts.
	 */
	SERVING(Phase.SERVING),

	/**
	 * Asks the application what else it hands over; nothing sent yet.
	 */
	GATHERING(Phase.HANDING_OVER),

	/**
	 * OFFER sent, READY not received.
	 */
	OFFERED(Phase.HANDING_OVER),

	/**
	 * Lock released, COMMIT sent, ACCEPTING not received.
	 */
	COMMITTED(Phase.HANDING_OVER),

	/**
	 * As {@link #COMMITTED}, but the offer was taken back or the connection broke:
	 * whoever gets the lock goes on.
	 */
	RECLAIMING(Phase.HANDING_OVER),

	/**
	 * The successor owns the listeners; both accept.
	 */
	CLOSING(Phase.CLOSING),

	/**
	 * The listeners are paused; requests in flight and background work finish.
	 */
	DRAINING(Phase.DRAINING),

	/**
	 * FAREWELL sent, GOODBYE not received.
	 */
	LEAVING(Phase.DRAINING),

	/**
	 * Nothing left to do.
	 */
	GONE(Phase.GONE),

	/**
	 * Shuts down without a successor.
	 */
	STOPPING(Phase.STOPPING);

	private final Phase phase;

	IncumbentState(Phase phase) {
		this.phase = phase;
	}

	/**
	 * What users are told.
	 */
	Phase phase() {
		return this.phase;
	}

}
