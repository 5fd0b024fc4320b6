package io.github.gracefulupgrade.handover;

/**
 * Where an instance stands in its life. The public face of this is
 * {@code io.github.gracefulupgrade.UpgradePhase}, with the same names.
 */
public enum Phase {

	/**
	 * The application is being built; nothing accepts yet.
	 */
	STARTING,

	/**
	 * Successor: built, and waits for the incumbent to hand over.
	 */
	WAITING,

	/**
	 * Successor: has the listeners, and starts what comes after the web servers.
	 */
	TAKING_OVER,

	/**
	 * Accepts connections and owns the listeners.
	 */
	SERVING,

	/**
	 * Incumbent: offered its listeners, serves on, and waits for the successor to accept.
	 */
	HANDING_OVER,

	/**
	 * Incumbent: the successor accepts, and so does this instance until the close timeout
	 * has passed.
	 */
	CLOSING,

	/**
	 * Incumbent: accepts nothing more, and finishes what is in flight.
	 */
	DRAINING,

	/**
	 * Incumbent: handed over and drained, about to exit.
	 */
	GONE,

	/**
	 * Shuts down without a successor.
	 */
	STOPPING

}
