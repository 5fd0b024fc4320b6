package io.github.gracefulupgrade;

/**
 * Warms a successor up before its incumbent is told that it could hand over: fills
 * caches, opens connections, has code run that the first requests would find cold. Any
 * number of beans may implement it; they run one after the other, in the order of
 * {@code @Order}, and after them the requests of {@code pingora.warm-up.requests}.
 * <p>
 * The incumbent serves meanwhile, and does the background work: a warm-up must not do
 * what only one instance may. An instance that starts cold does not warm up: its clients
 * would have to wait for it.
 */
@FunctionalInterface
public interface UpgradeWarmUp {

	/**
	 * Warm up. Called on a thread of the starter's, when all singletons are there and no
	 * web server has started. It is interrupted when {@code pingora.warm-up.timeout} has
	 * passed.
	 * @throws Exception if it fails. The start of the successor fails with it, and the
	 * incumbent serves on, unless {@code pingora.warm-up.on-failure} is {@code ignore}.
	 */
	void warmUp() throws Exception;

	/**
	 * Called while the configured requests are played, if they are played for long: up to
	 * three times, in pauses that count as a part of {@code pingora.warm-up.duration}, on
	 * the thread of {@link #warmUp()}, which is interrupted likewise. Never called if no
	 * requests are configured. What is done here is done by code that requests use as
	 * well, but that the requests of a warm-up do not get to, so that the compiler would
	 * leave it out. Does nothing unless overridden.
	 * @throws Exception as for {@link #warmUp()}
	 */
	default void between() throws Exception {
	}

}
