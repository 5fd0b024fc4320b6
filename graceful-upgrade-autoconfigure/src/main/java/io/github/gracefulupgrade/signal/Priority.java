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
	 * Let others go first, for good: a process that is not root cannot take it back. On
	 * Linux <a href=
	 * "https://man7.org/linux/man-pages/man2/setpriority.2.html">setpriority(2)</a> is
	 * about one thread, whatever POSIX says, and new threads inherit from those that make
	 * them. Does nothing where it is not possible.
	 */
	public static void lower() {
		try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
			Function setPriority = NativeLibrary.getInstance("c").getFunction("setpriority");
			for (Path thread : threads.toList()) {
				setPriority
					.invokeInt(new Object[] { PRIO_PROCESS, Integer.parseInt(thread.getFileName().toString()), NICE });
			}
		}
		catch (IOException | RuntimeException | LinkageError ex) {
			// It goes on as it was.
		}
	}

}
