package io.github.gracefulupgrade.signal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;

/**
 * The share of the processors that this process claims beside others.
 */
public final class Priority {

	/**
	 * A tenth of what others get where processors are short, and as much as ever where
	 * they are not.
	 */
	private static final int NICE = 10;

	private static final int PRIO_PROCESS = 0;

	private Priority() {
	}

	/**
	 * Load what {@link #lower()} needs, so that it is there when the jar no longer is.
	 * Does nothing where that is not possible.
	 */
	public static void load() {
		try {
			setPriority();
		}
		catch (LinkageError ex) {
			// Then it is not possible later, either.
		}
	}

	/**
	 * Let others go first, for good: a process that is not root cannot take it back. On
	 * Linux <a href=
	 * "https://man7.org/linux/man-pages/man2/setpriority.2.html">setpriority(2)</a> is
	 * about one thread, whatever POSIX says, and new threads inherit from those that make
	 * them. Does nothing to threads that go last already.
	 * @throws IOException if it cannot be told which threads there are
	 * @throws LinkageError if JNA is missing or does not work
	 */
	public static void lower() throws IOException {
		Function setPriority = setPriority();
		try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
			for (Path thread : threads.toList()) {
				lower(thread, setPriority);
			}
		}
	}

	private static void lower(Path thread, Function setPriority) {
		try {
			if (nice(Files.readString(thread.resolve("stat"))) < NICE) {
				setPriority
					.invokeInt(new Object[] { PRIO_PROCESS, Integer.parseInt(thread.getFileName().toString()), NICE });
			}
		}
		catch (IOException ex) {
			// It has ended meanwhile.
		}
	}

	private static Function setPriority() {
		return NativeLibrary.getInstance("c").getFunction("setpriority");
	}

	/**
	 * The 19th field of {@code /proc/<pid>/stat}; the second is a name in parentheses,
	 * which may contain anything.
	 */
	private static int nice(String stat) {
		return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19 - 3]);
	}

}
