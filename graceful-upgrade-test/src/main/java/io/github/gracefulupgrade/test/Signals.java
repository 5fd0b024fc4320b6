package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.util.List;

/**
 * Signals, by the shell's own kill: Java can send no other than SIGTERM and SIGKILL.
 */
final class Signals {

	/**
	 * What to put in front of a command that shall not inherit SIGQUIT and SIGINT as
	 * ignored. Empty where {@code env} cannot do that, which is everywhere but in GNU
	 * coreutils since 8.31.
	 */
	static final List<String> DEFAULT_DISPOSITION = defaultDisposition();

	private Signals() {
	}

	static void send(String signal, long pid) {
		if (!signal.matches("[A-Z][A-Z0-9]*")) {
			throw new IllegalArgumentException("Not a signal: " + signal);
		}
		if (run("/bin/sh", "-c", "kill -s " + signal + " " + pid) != 0) {
			throw new IllegalStateException("Cannot send SIG" + signal + " to pid " + pid);
		}
	}

	private static List<String> defaultDisposition() {
		List<String> prefix = List.of("env", "--default-signal=QUIT,INT");
		try {
			return (run("env", "--default-signal=QUIT,INT", "true") == 0) ? prefix : List.of();
		}
		catch (IllegalStateException ex) {
			return List.of();
		}
	}

	private static int run(String... command) {
		try {
			return new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start()
				.waitFor();
		}
		catch (IOException ex) {
			throw new IllegalStateException("Cannot run " + command[0], ex);
		}
		catch (InterruptedException ex) {
			throw Interrupted.during("a short command");
		}
	}

}
