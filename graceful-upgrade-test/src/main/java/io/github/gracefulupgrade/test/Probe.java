package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Asks a port who serves there.
 */
final class Probe {

	private static final long TIMEOUT = TimeUnit.SECONDS.toNanos(2);

	private Probe() {
	}

	/**
	 * Ask once.
	 * @return the pid of who answered, 0 if the answer does not tell; empty if there was
	 * no answer
	 */
	static Optional<Long> answer(int port) {
		InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
		byte[] request = "GET / HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n".formatted(port)
			.getBytes(StandardCharsets.ISO_8859_1);
		long deadline = System.nanoTime() + TIMEOUT;
		try (Selector selector = Selector.open();
				HttpConnection connection = HttpConnection.open(address, selector, deadline)) {
			return connection.send(request, deadline) ? Optional.of(Response.read(connection).pid()) : Optional.empty();
		}
		catch (Failure ex) {
			return Optional.empty();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
