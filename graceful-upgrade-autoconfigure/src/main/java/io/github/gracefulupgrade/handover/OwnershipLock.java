package io.github.gracefulupgrade.handover;

import java.util.OptionalLong;

/**
 * The kernel lock that says who owns the listeners: of all instances that agree on an
 * upgrade socket, at most one holds it, and the kernel takes it back from a process that
 * dies. Used by the control thread only.
 */
public interface OwnershipLock {

	/**
	 * Try to take the lock, without waiting. Does nothing if this process holds it.
	 * @return whether this process holds the lock now
	 */
	boolean tryAcquire();

	/**
	 * Give the lock back. Does nothing if this process does not hold it.
	 */
	void release();

	/**
	 * The process that took the lock last, as it noted itself.
	 * @return its process id, or empty if none did
	 */
	OptionalLong holder();

}
