package io.github.gracefulupgrade;

/**
 * Where an instance stands in its life. A cold start goes {@link #STARTING},
 * {@link #SERVING}; a successor {@link #STARTING}, {@link #WAITING},
 * {@link #TAKING_OVER}, {@link #SERVING}; an incumbent that is replaced {@link #SERVING},
 * {@link #HANDING_OVER}, {@link #CLOSING}, {@link #DRAINING}, {@link #GONE}, and back to
 * {@link #SERVING} from each of them but the last if its successor fails.
 */
public enum UpgradePhase {

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
	 * Incumbent: offered its listeners, serves on, and waits for the successor to accept,
	 * for at most {@code pingora.ready-timeout}.
	 */
	HANDING_OVER,

	/**
	 * Incumbent: the successor accepts, and so does this instance, for
	 * {@code pingora.close-timeout}. Its schedulers and consumers stop.
	 */
	CLOSING,

	/**
	 * Incumbent: accepts nothing more, and finishes what is in flight, for at most
	 * {@code pingora.grace-period}.
	 */
	DRAINING,

	/**
	 * Incumbent: handed over and drained; the application context closes next.
	 */
	GONE,

	/**
	 * Shuts down without a successor.
	 */
	STOPPING,

	/**
	 * Serves as any application does, and cannot be upgraded where it runs: the platform
	 * lacks something, as the log said with a warning when it started.
	 */
	OFF

}
