package io.github.gracefulupgrade.netty;

import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;

import com.sun.management.UnixOperatingSystemMXBean;

/**
 * How many descriptors this process can still open. A process that runs out of them while
 * it receives some loses those, and the message that they came with.
 */
final class DescriptorBudget {

	/**
	 * Descriptors that are left for other things: files, database connections, clients
	 * that connect meanwhile.
	 */
	private static final long RESERVE = 128;

	/**
	 * How long a count is good for. The kernel counts by listing them all.
	 */
	private static final long FRESH_NANOS = 100_000_000;

	private long counted;

	private long left;

	DescriptorBudget() {
		this.counted = System.nanoTime() - FRESH_NANOS;
	}

	/**
	 * The number of descriptors that may be opened for connections.
	 */
	synchronized int left() {
		long now = System.nanoTime();
		if (now - this.counted >= FRESH_NANOS) {
			this.left = count();
			this.counted = now;
		}
		return (int) Math.max(0, Math.min(Integer.MAX_VALUE, this.left));
	}

	/**
	 * One of them was used.
	 */
	synchronized void use() {
		this.left--;
	}

	private static long count() {
		OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
		if (!(system instanceof UnixOperatingSystemMXBean unix)) {
			return RESERVE;
		}
		return unix.getMaxFileDescriptorCount() - unix.getOpenFileDescriptorCount() - RESERVE;
	}

}
