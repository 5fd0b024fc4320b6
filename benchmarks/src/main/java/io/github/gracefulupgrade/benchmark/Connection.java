package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * One TCP connection of a client and the response that is read from it, for small
 * responses with a Content-Length or in chunks. Belongs to the thread of the load.
 */
final class Connection implements AutoCloseable {

	private final SocketChannel channel;

	private final SelectionKey key;

	private final ByteBuffer in = ByteBuffer.allocate(4096);

	Connection(InetSocketAddress address, Selector selector, Object owner) throws IOException {
		this.channel = SocketChannel.open();
		try {
			this.channel.configureBlocking(false);
			this.channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
			this.key = this.channel.register(selector, SelectionKey.OP_CONNECT, owner);
			if (this.channel.connect(address)) {
				this.key.interestOps(SelectionKey.OP_READ);
			}
		}
		catch (IOException ex) {
			this.channel.close();
			throw ex;
		}
	}

	/**
	 * Go on connecting.
	 * @return whether it is connected
	 * @throws ConnectException if there is nobody to connect to
	 */
	boolean connected() throws IOException {
		if (!this.channel.finishConnect()) {
			return false;
		}
		this.key.interestOps(SelectionKey.OP_READ);
		return true;
	}

	/** Send a request, which is so small that the kernel takes it at once. */
	void send(byte[] request) throws IOException {
		this.in.clear();
		if (this.channel.write(ByteBuffer.wrap(request)) < request.length) {
			throw new IOException("The kernel takes no more");
		}
	}

	/**
	 * Read what there is.
	 * @return the response, null as long as it is not complete
	 * @throws IOException if the connection has ended, or this is no good response
	 */
	@Nullable Response read() throws IOException {
		int count = this.channel.read(this.in);
		if (count < 0) {
			throw new IOException("Closed");
		}
		if (!this.in.hasRemaining()) {
			throw new IOException("Too long");
		}
		String text = new String(this.in.array(), 0, this.in.position(), StandardCharsets.ISO_8859_1);
		int end = text.indexOf("\r\n\r\n");
		if (end < 0) {
			return null;
		}
		String head = text.substring(0, end + 2).toLowerCase(Locale.ROOT);
		if (!head.startsWith("http/1.1 200")) {
			throw new IOException(head);
		}
		String length = field(head, "content-length");
		int body = text.length() - end - 4;
		boolean complete = length.isEmpty() ? text.endsWith("\r\n0\r\n\r\n") : body >= Integer.parseInt(length);
		if (!complete) {
			return null;
		}
		String pid = field(head, "x-pid");
		return new Response(pid.isEmpty() ? 0 : Long.parseLong(pid), field(head, "connection").equals("close"));
	}

	private static String field(String head, String name) {
		int start = head.indexOf("\r\n" + name + ":");
		if (start < 0) {
			return "";
		}
		start += name.length() + 3;
		return head.substring(start, head.indexOf("\r\n", start)).trim();
	}

	@Override
	public void close() {
		try {
			this.channel.close();
		}
		catch (IOException ex) {
			// There is nothing left to know about this connection.
		}
	}

	/**
	 * A good response.
	 *
	 * @param pid who answered, 0 if the response does not tell
	 * @param closes whether the server says that it closes the connection
	 */
	record Response(long pid, boolean closes) {
	}

}
