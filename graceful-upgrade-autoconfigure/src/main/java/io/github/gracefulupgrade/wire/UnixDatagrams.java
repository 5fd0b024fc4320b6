package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.newsclub.net.unix.AFUNIXDatagramChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/**
 * Sends datagrams to a Unix domain socket, which the JDK cannot. Holds no state and no
 * descriptor. Thread-safe.
 */
public final class UnixDatagrams {

	private UnixDatagrams() {
	}

	/**
	 * Send one datagram. Blocks while the receiver's queue is full.
	 * @param address an absolute path, or {@code @} and a name in the abstract namespace
	 * @param text what to send, as UTF-8
	 * @throws IOException if nobody receives there, or the address is of another kind
	 */
	public static void send(String address, String text) throws IOException {
		try (AFUNIXDatagramChannel channel = AFUNIXDatagramChannel.open()) {
			channel.connect(parse(address));
			channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
		}
	}

	private static AFUNIXSocketAddress parse(String address) throws IOException {
		if (address.startsWith("/")) {
			return AFUNIXSocketAddress.of(Path.of(address));
		}
		if (address.startsWith("@") && address.length() > 1) {
			return AFUNIXSocketAddress.inAbstractNamespace(address.substring(1));
		}
		throw new IOException("it is neither an absolute path nor @ and a name");
	}

}
