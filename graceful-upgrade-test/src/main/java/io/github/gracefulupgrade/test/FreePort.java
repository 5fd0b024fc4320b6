package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds ports that nobody listens on, below those that the kernel gives to connections.
 */
final class FreePort {

	private static final int LOWEST = 10_000;

	/**
	 * Where those that the kernel gives away begin unless it is configured otherwise.
	 */
	private static final int EPHEMERAL = 32_768;

	private static final int ATTEMPTS = 100;

	private FreePort() {
	}

	static int find() {
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			int port = ThreadLocalRandom.current().nextInt(LOWEST, EPHEMERAL);
			try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
				return socket.getLocalPort();
			}
			catch (IOException ex) {
				// Somebody listens on it.
			}
		}
		throw new IllegalStateException("No port between %d and %d is free".formatted(LOWEST, EPHEMERAL));
	}

}
