package io.github.gracefulupgrade.signal;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;

/**
 * Puts other files in the place of this process's standard output and error, for all of
 * the process: what has a stream of them open writes to the new ones from then on.
 */
public final class StandardStreams {

	private StandardStreams() {
	}

	/**
	 * Replace the standard output. May be called on any thread; writes that are under way
	 * go to the one or the other.
	 * @param descriptor what to put in its place; stays open
	 * @throws UnsupportedOperationException if it cannot be done
	 */
	public static void replaceOutput(int descriptor) {
		duplicate(descriptor, 1);
	}

	/**
	 * Replace the standard error.
	 * @param descriptor what to put in its place; stays open
	 * @throws UnsupportedOperationException if it cannot be done
	 */
	public static void replaceError(int descriptor) {
		duplicate(descriptor, 2);
	}

	/**
	 * {@code dup2(2)}, which replaces the one by the other in one step.
	 */
	private static void duplicate(int descriptor, int target) {
		int result;
		try {
			Function dup2 = NativeLibrary.getInstance("c").getFunction("dup2");
			result = dup2.invokeInt(new Object[] { descriptor, target });
		}
		catch (RuntimeException | LinkageError ex) {
			throw new UnsupportedOperationException("JNA is needed for it, and does not work: " + ex, ex);
		}
		if (result != target) {
			throw new UnsupportedOperationException("dup2(%d, %d) returned %d".formatted(descriptor, target, result));
		}
	}

}
