package io.github.gracefulupgrade.signal;

import com.sun.jna.NativeLibrary;

/**
 * How much of the processors the kernel gives a thread where others want them, too. The
 * priority of a {@link Thread} is another matter, which a JVM on Linux ignores unless it
 * is told otherwise.
 */
public final class Niceness {

	/**
	 * About a tenth of the usual share (sched(7)). Less would be next to nothing: on a
	 * machine that is saturated for long, whoever is that nice never comes to an end.
	 */
	private static final int STEP = 10;

	private Niceness() {
	}

	/**
	 * Let others go first from now on: all but the calling thread, and what it starts.
	 * There is no way back. If the kernel has none of it, all stays as it is.
	 */
	public static void giveWay() {
		try {
			// Of the calling thread alone, whatever POSIX says (nice(2), "C
			// library/kernel
			// differences"); threads inherit it.
			NativeLibrary.getProcess().getFunction("nice").invokeInt(new Object[] { STEP });
		}
		catch (RuntimeException | LinkageError ex) {
			// It was a courtesy.
		}
	}

}
