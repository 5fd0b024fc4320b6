package io.github.gracefulupgrade.signal;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;

/**
 * The memory outside of the heap that the C library manages.
 */
public final class NativeMemory {

	private NativeMemory() {
	}

	/**
	 * Give the memory that is free back to the system: without being asked, glibc keeps
	 * what once was in use, and a JVM's compiler uses a lot for a moment. Takes
	 * milliseconds; allocations of other threads may wait for as long. See <a href=
	 * "https://man7.org/linux/man-pages/man3/malloc_trim.3.html">malloc_trim(3)</a>. Does
	 * nothing with another C library. May be called from any thread.
	 */
	public static void trim() {
		try {
			Function trim = NativeLibrary.getInstance("c").getFunction("malloc_trim");
			trim.invokeInt(new Object[] { 0L });
		}
		catch (RuntimeException | LinkageError ex) {
			// Then it keeps what it has, as if it had not been asked.
		}
	}

}
