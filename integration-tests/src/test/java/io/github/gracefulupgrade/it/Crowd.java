package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * More clients than the kernel's queue of a listener holds, which begin to connect and
 * wait.
 */
final class Crowd implements AutoCloseable {

	private final List<SocketChannel> clients = new ArrayList<>();

	void connect(int port, int count) throws IOException {
		for (int i = 0; i < count; i++) {
			SocketChannel client = SocketChannel.open();
			this.clients.add(client);
			client.configureBlocking(false);
			client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
		}
	}

	/**
	 * Each gets in, and gets an answer.
	 */
	void assertAnswered() throws IOException {
		for (SocketChannel client : this.clients) {
			assertAnswered(client);
		}
	}

	private static void assertAnswered(SocketChannel channel) throws IOException {
		// Without a timeout of its own: the kernel sends SYN again after 1, 2, 4 …
		// seconds.
		channel.configureBlocking(true);
		assertThat(channel.finishConnect()).isTrue();
		channel.write(ByteBuffer.wrap("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
			.getBytes(StandardCharsets.ISO_8859_1)));
		ByteBuffer answer = ByteBuffer.allocate(12);
		while (answer.hasRemaining() && channel.read(answer) >= 0) {
			// Until the status has come.
		}
		assertThat(new String(answer.array(), StandardCharsets.ISO_8859_1)).isEqualTo("HTTP/1.1 200");
	}

	@Override
	public void close() {
		try {
			for (SocketChannel client : this.clients) {
				client.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
