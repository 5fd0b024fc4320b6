package io.github.gracefulupgrade.signal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What can stand in the way of listening to SIGQUIT, in sentences for an operator.
 */
final class Obstacles {

	/** In the masks of {@code /proc/<pid>/status}, bit 0 is signal 1. */
	private static final long SIGQUIT = 1L << (3 - 1);

	private Obstacles() {
	}

	/**
	 * What can be told without loading anything.
	 * @return what stands in the way and what to do, or {@code null} if nothing does
	 */
	static @Nullable String apparent() {
		String system = System.getProperty("os.name");
		if (!"Linux".equals(system)) {
			return "SIGQUIT can be listened to on Linux only, and this is " + system + ". Run there.";
		}
		try {
			Class.forName("com.sun.jna.Native", false, Obstacles.class.getClassLoader());
		}
		catch (ClassNotFoundException ex) {
			return "SIGQUIT cannot be listened to without JNA. Add net.java.dev.jna:jna to the class path.";
		}
		try {
			return inStatus(Files.readAllLines(Path.of("/proc/self/status")));
		}
		catch (IOException ex) {
			// Without /proc, take the JVM to be one that handles its signals: most are.
			return null;
		}
	}

	/**
	 * What the kernel says. A JVM catches SIGQUIT, even if the signal was ignored or
	 * blocked when the JVM was started, unless it was told to leave signals alone.
	 * @param status the lines of {@code /proc/<pid>/status}
	 * @return what stands in the way and what to do, or {@code null} if nothing does
	 */
	static @Nullable String inStatus(List<String> status) {
		Long caught = mask(status, "SigCgt:");
		if (caught == null || (caught & SIGQUIT) != 0) {
			return null;
		}
		Long ignored = mask(status, "SigIgn:");
		boolean harmless = ignored != null && (ignored & SIGQUIT) != 0;
		return "This JVM does not handle SIGQUIT: the signal " + (harmless ? "has no effect" : "kills the process")
				+ ". Start the JVM without -Xrs (-XX:+ReduceSignalUsage).";
	}

	private static @Nullable Long mask(List<String> status, String name) {
		for (String line : status) {
			if (line.startsWith(name)) {
				return Long.parseUnsignedLong(line.substring(name.length()).strip(), 16);
			}
		}
		return null;
	}

	/**
	 * What a failure to listen means.
	 * @param failure what was thrown
	 * @return what to throw instead
	 * @throws VirtualMachineError if the failure is one, and so means something else
	 */
	static UnsupportedOperationException explained(Throwable failure) {
		if (failure instanceof VirtualMachineError error) {
			throw error;
		}
		return new UnsupportedOperationException(sentences(failure), failure);
	}

	private static String sentences(Throwable failure) {
		if (failure instanceof Error) {
			String reason = String.valueOf(rootCause(failure).getMessage());
			// "Illegal native access from: …": a JVM since 24 that was told to refuse it.
			String remedy = reason.contains("native access") ? "Start the JVM with --enable-native-access=ALL-UNNAMED"
					: "Name a folder that programs may be loaded from with -Djna.tmpdir";
			return "SIGQUIT cannot be listened to, because JNA could not load its native library (" + reason + "). "
					+ remedy + ".";
		}
		return "SIGQUIT cannot be listened to on this JVM, " + System.getProperty("java.vm.name") + " "
				+ System.getProperty("java.vm.version") + " (" + failure.getMessage() + "). Use a HotSpot JVM.";
	}

	private static Throwable rootCause(Throwable failure) {
		Throwable cause = failure;
		while (cause.getCause() != null) {
			cause = cause.getCause();
		}
		return cause;
	}

}
