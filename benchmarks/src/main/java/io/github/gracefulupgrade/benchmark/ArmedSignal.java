package io.github.gracefulupgrade.benchmark;

import java.io.IOException;

/**
 * A signal that only has to be let go: to start the program that sends it takes as long
 * as a handover.
 */
final class ArmedSignal {

	private final Process shell;

	ArmedSignal(String name, long pid) throws IOException {
		this.shell = new ProcessBuilder("/bin/sh", "-c", "read go; kill -s " + name + " " + pid).start();
	}

	/**
	 * Send it.
	 * @return when, as {@link System#nanoTime()}
	 */
	long send() throws IOException {
		long now = System.nanoTime();
		this.shell.getOutputStream().write('\n');
		this.shell.getOutputStream().close();
		return now;
	}

}
