package io.github.gracefulupgrade.spawn;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * How this process was started, made into how its successor is.
 */
final class OwnCommand {

	private static final String UPGRADE = "--upgrade";

	private static final String END_OF_OPTIONS = "--";

	/**
	 * Meant for one process, and not for those that it starts: sd_listen_fds(3),
	 * sd_watchdog_enabled(3), systemd.exec(5). NOTIFY_SOCKET, WATCHDOG_USEC and the like
	 * are the service's, and stay.
	 */
	private static final Set<String> NOT_INHERITED = Set.of("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
			"LISTEN_PIDFDID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID", "MAINPID");

	private OwnCommand() {
	}

	/**
	 * The command line of this process, with {@code --upgrade}.
	 * @throws IOException if it cannot be found out
	 */
	static List<String> withUpgrade() throws IOException {
		// Not what ProcessHandle tells, which has lost empty arguments and the name that
		// the program was called by: that may be a link to the newest JDK.
		String line = new String(Files.readAllBytes(Path.of("/proc/self/cmdline")), nativeCharset());
		return withUpgrade(line, Path.of(System.getProperty("java.home"), "bin", "java"),
				String.valueOf(System.getenv("PATH")));
	}

	/**
	 * The same for any process.
	 * @param line its command line, each argument with a NUL after it
	 * @param java what to start if the line does not tell
	 * @param path where programs are looked for
	 */
	static List<String> withUpgrade(String line, Path java, String path) throws IOException {
		if (line.isEmpty()) {
			throw new IOException("/proc/self/cmdline is empty");
		}
		String all = line.endsWith("\0") ? line.substring(0, line.length() - 1) : line;
		List<String> command = new ArrayList<>();
		for (String argument : all.split("\0", -1)) {
			if (command.isEmpty()) {
				command.add(isProgram(argument, path) ? argument : java.toString());
			}
			else if (command.contains(END_OF_OPTIONS) || !asksForUpgrade(argument)) {
				command.add(argument);
			}
		}
		int end = command.indexOf(END_OF_OPTIONS);
		command.add((end < 0) ? command.size() : end, UPGRADE);
		return command;
	}

	private static boolean asksForUpgrade(String argument) {
		return argument.equals(UPGRADE) || argument.startsWith(UPGRADE + "=") || argument.equals("-u")
				|| argument.equals("--pingora.upgrade") || argument.startsWith("--pingora.upgrade=");
	}

	/**
	 * Whether a program is there under this name. A process can be called by any, such as
	 * {@code exec -a} gives it.
	 */
	private static boolean isProgram(String name, String path) {
		if (name.contains("/")) {
			return Files.isExecutable(Path.of(name));
		}
		for (String folder : path.split(":")) {
			if (!name.isEmpty() && Files.isExecutable(Path.of(folder.isEmpty() ? "." : folder, name))) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Leave what is meant for this process alone out of an environment.
	 */
	static void strip(Map<String, String> environment) {
		environment.keySet().removeAll(NOT_INHERITED);
	}

	/**
	 * What the JDK decodes and encodes arguments with.
	 */
	private static Charset nativeCharset() {
		@Nullable String name = System.getProperty("sun.jnu.encoding");
		return (name != null && Charset.isSupported(name)) ? Charset.forName(name) : Charset.defaultCharset();
	}

}
