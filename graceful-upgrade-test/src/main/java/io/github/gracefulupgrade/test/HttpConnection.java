package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * One TCP connection that knows exactly what happened on it: whether a byte of the
 * request left, whether a byte of the response came, and how it ended. Non-blocking with
 * the selector of its only thread, so that it can also watch the server while it is idle.
 */
final class HttpConnection implements AutoCloseable {

	private final SocketChannel channel;

	private final Selector selector;

	private final SelectionKey key;

	private final ByteBuffer buffer = ByteBuffer.allocate(16 * 1024).limit(0);

	/** Bytes of the response that came since the request was sent. */
	private long received;

	private long deadline;

	private HttpConnection(SocketChannel channel, Selector selector, SelectionKey key, long deadline) {
		this.channel = channel;
		this.selector = selector;
		this.key = key;
		this.deadline = deadline;
	}

	static HttpConnection open(InetSocketAddress address, Selector selector, long deadline) throws Failure {
		SocketChannel channel = null;
		try {
			channel = SocketChannel.open();
			channel.configureBlocking(false);
			channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
			HttpConnection connection = new HttpConnection(channel, selector, channel.register(selector, 0), deadline);
			boolean connected = channel.connect(address);
			while (!connected) {
				connection.await(SelectionKey.OP_CONNECT, "no connection");
				connected = channel.finishConnect();
			}
			return connection;
		}
		catch (IOException | Failure ex) {
			close(channel, selector);
			if (ex instanceof Failure failure) {
				throw failure;
			}
			throw new Failure((ex instanceof ConnectException) ? Outcome.REFUSED : Outcome.RESET,
					"on connect: " + ex.getMessage());
		}
	}

	/**
	 * Wait for a moment to come, but no longer than the server leaves the connection
	 * alone; also returns early when the selector is woken up.
	 */
	Idle idle(long until) {
		if (this.buffer.hasRemaining()) {
			return Idle.UNSOLICITED;
		}
		try {
			Idle idle = peek();
			long nanos = until - System.nanoTime();
			if (idle == Idle.QUIET && nanos > 0) {
				this.key.interestOps(SelectionKey.OP_READ);
				this.selector.select(millis(nanos));
				this.selector.selectedKeys().clear();
				idle = peek();
			}
			return idle;
		}
		catch (IOException ex) {
			return Idle.CLOSED;
		}
	}

	private Idle peek() throws IOException {
		this.buffer.clear();
		int count = this.channel.read(this.buffer);
		this.buffer.flip();
		return (count == 0) ? Idle.QUIET : (count > 0) ? Idle.UNSOLICITED : Idle.CLOSED;
	}

	/**
	 * Send a request.
	 * @return false if the server had closed the connection before the first byte
	 */
	boolean send(byte[] request, long deadline) throws Failure {
		this.received = 0;
		this.deadline = deadline;
		ByteBuffer bytes = ByteBuffer.wrap(request);
		try {
			while (bytes.hasRemaining()) {
				if (this.channel.write(bytes) == 0) {
					await(SelectionKey.OP_WRITE, "request not sent");
				}
			}
			return true;
		}
		catch (IOException ex) {
			if (bytes.position() == 0) {
				return false;
			}
			throw new Failure(Outcome.RESET, "while the request was sent: " + ex.getMessage());
		}
	}

	/**
	 * Return the next byte of the response.
	 */
	int next() throws Failure {
		if (!this.buffer.hasRemaining() && !fill()) {
			throw (this.received == 0) ? new Failure(Outcome.CLOSED, "closed before a byte of the response")
					: new Failure(Outcome.CUT, "closed after " + this.received + " bytes of the response");
		}
		return this.buffer.get() & 0xFF;
	}

	void skip(long count) throws Failure {
		long left = count;
		while (left > 0) {
			next();
			int more = (int) Math.min(left - 1, this.buffer.remaining());
			this.buffer.position(this.buffer.position() + more);
			left -= 1 + more;
		}
	}

	void skipToEnd() throws Failure {
		do {
			this.buffer.position(this.buffer.limit());
		}
		while (fill());
	}

	private boolean fill() throws Failure {
		this.buffer.clear().limit(0);
		try {
			while (true) {
				this.buffer.clear();
				int count = this.channel.read(this.buffer);
				this.buffer.flip();
				if (count != 0) {
					this.received += Math.max(0, count);
					return count > 0;
				}
				await(SelectionKey.OP_READ, this.received + " bytes of the response");
			}
		}
		catch (IOException ex) {
			throw (this.received == 0) ? new Failure(Outcome.RESET, String.valueOf(ex.getMessage()))
					: new Failure(Outcome.CUT, ex.getMessage() + " after " + this.received + " bytes of the response");
		}
	}

	private void await(int operation, String sofar) throws IOException, Failure {
		this.key.interestOps(operation);
		while (true) {
			long nanos = this.deadline - System.nanoTime();
			if (nanos <= 0) {
				throw new Failure(Outcome.TIMED_OUT, sofar + " in time");
			}
			boolean ready = this.selector.select(millis(nanos)) > 0;
			this.selector.selectedKeys().clear();
			if (ready) {
				return;
			}
		}
	}

	static long millis(long nanos) {
		return Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999));
	}

	@Override
	public void close() {
		close(this.channel, this.selector);
	}

	private static void close(@Nullable SocketChannel channel, Selector selector) {
		try {
			if (channel != null) {
				channel.close();
			}
			// A registered channel is closed for real when its key is gone.
			if (selector.isOpen()) {
				selector.selectNow();
			}
		}
		catch (IOException ex) {
			// There is nothing left to know about this connection.
		}
	}

	/**
	 * What the server did while there was nothing to do.
	 */
	enum Idle {

		/** Nothing. */
		QUIET,

		/** It closed or reset the connection. */
		CLOSED,

		/** It sent something that no request had asked for. */
		UNSOLICITED

	}

}
