package io.github.gracefulupgrade.signal;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;

/**
 * Makes a descriptor non-blocking, which is a property of the open file description, and
 * so of its duplicates in all processes. Has no state; any thread.
 */
public final class NonBlocking {

	/**
	 * {@code F_GETFL}, {@code F_SETFL} and {@code O_NONBLOCK} of Linux, see fcntl(2).
	 */
	private static final int F_GETFL = 3;

	private static final int F_SETFL = 4;

	private static final int O_NONBLOCK = 04000;

	private NonBlocking() {
	}

	/**
	 * Set {@code O_NONBLOCK}.
	 * @param descriptor an open descriptor, which stays the caller's
	 * @throws UnsupportedOperationException if it cannot be done
	 */
	public static void set(int descriptor) {
		int result;
		try {
			Function fcntl = NativeLibrary.getInstance("c").getFunction("fcntl");
			int flags = fcntl.invokeInt(new Object[] { descriptor, F_GETFL });
			result = (flags < 0) ? flags : fcntl.invokeInt(new Object[] { descriptor, F_SETFL, flags | O_NONBLOCK });
		}
		catch (RuntimeException | LinkageError ex) {
			throw new UnsupportedOperationException("JNA is needed for it, and does not work: " + ex, ex);
		}
		if (result < 0) {
			throw new UnsupportedOperationException("fcntl(%d) returned %d".formatted(descriptor, result));
		}
	}

}
