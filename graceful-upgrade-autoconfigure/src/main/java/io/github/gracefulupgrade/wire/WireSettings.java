package io.github.gracefulupgrade.wire;

import java.time.Duration;

/**
 * The bounds within which a peer has to behave. They guard against one that is stuck, not
 * against one that is slow: the defaults are far above what a saturated machine needs.
 *
 * @param writeTimeout how long a message may take to get into the kernel
 * @param stallTimeout how long a frame may take from its first byte to its last
 * @param helloTimeout how long a process that connected may take to begin its first frame
 * @param maxConnections how many connections from other processes are open at once;
 * further ones are accepted and closed
 */
public record WireSettings(Duration writeTimeout, Duration stallTimeout, Duration helloTimeout, int maxConnections) {

	/**
	 * 5 s for writing and for a frame, 10 s for the first frame, 16 connections.
	 */
	public static final WireSettings DEFAULTS = new WireSettings(Duration.ofSeconds(5), Duration.ofSeconds(5),
			Duration.ofSeconds(10), 16);

}
