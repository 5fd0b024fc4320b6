package io.github.gracefulupgrade.it;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.gracefulupgrade.test.Instance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Speaks the upgrade protocol by hand, so that it can speak it wrongly. Knows nothing of
 * the implementation: only what the documentation of the protocol says.
 */
final class RawPeer implements AutoCloseable {

	static final int VERSION = 1;

	private static final int MAX_FRAME = 65_536;

	private static final int TIMEOUT = 60;

	private final SocketChannel channel;

	private RawPeer(SocketChannel channel) {
		this.channel = channel;
	}

	/**
	 * Connect as a successor would.
	 */
	static RawPeer connect(Path socket) {
		try {
			return new RawPeer(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Run {@link #main} as another user.
	 * @return what it printed
	 */
	static String runAs(ForeignUser user, Path socket) throws IOException {
		try (Instance process = user.runs(Testbed.main(RawPeer.class, socket.toString())).start()) {
			process.awaitExit();
			Await.until(() -> assertThat(process.output()).isNotEmpty());
			return String.join("\n", process.output());
		}
	}

	/**
	 * Connect and print what comes, which is nothing unless it is a refusal.
	 */
	public static void main(String[] args) {
		try (RawPeer peer = connect(Path.of(args[0]))) {
			Frame frame = peer.receive();
			System.out.println(frame.type() + ((frame.type() == Type.REFUSED) ? " " + frame.refusal() : ""));
		}
	}

	/**
	 * Send bytes.
	 */
	RawPeer send(byte... bytes) {
		try {
			ByteBuffer buffer = ByteBuffer.wrap(bytes);
			while (buffer.hasRemaining()) {
				this.channel.write(buffer);
			}
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Say HELLO in some version of the protocol.
	 */
	RawPeer hello(int version) {
		return send(frame(Type.HELLO, magic(version), number(ProcessHandle.current().pid()), text("raw")));
	}

	/**
	 * Say WELCOME in some version of the protocol.
	 */
	RawPeer welcome(int version) {
		return send(frame(Type.WELCOME, magic(version), number(ProcessHandle.current().pid()),
				ByteBuffer.allocate(4).putInt(7).array()));
	}

	/**
	 * Receive a frame.
	 */
	Frame receive() {
		return within(() -> {
			int length = read(4).getInt();
			if (length < 1 || length > MAX_FRAME) {
				throw new IOException("a frame of " + length + " bytes");
			}
			ByteBuffer body = read(length);
			return new Frame(Type.of(body.get() & 0xff), body);
		});
	}

	/**
	 * Wait until the other process closes the connection.
	 * @return how many bytes came before
	 */
	long awaitClose() {
		return within(() -> {
			try {
				return (long) Channels.newInputStream(this.channel).readAllBytes().length;
			}
			catch (IOException ex) {
				return 0L; // reset: closed with something of ours unread
			}
		});
	}

	private ByteBuffer read(int count) throws IOException {
		ByteBuffer buffer = ByteBuffer.allocate(count);
		while (buffer.hasRemaining()) {
			if (this.channel.read(buffer) < 0) {
				throw new EOFException("closed");
			}
		}
		return buffer.flip();
	}

	private static <T> T within(Reading<T> reading) {
		CompletableFuture<T> result = new CompletableFuture<>();
		Thread thread = new Thread(() -> {
			try {
				result.complete(reading.read());
			}
			catch (Throwable ex) {
				result.completeExceptionally(ex);
			}
		}, "raw-peer");
		thread.setDaemon(true);
		thread.start();
		try {
			return result.get(TIMEOUT, TimeUnit.SECONDS);
		}
		catch (ExecutionException | TimeoutException ex) {
			throw new AssertionError("Nothing to be read: " + ex, ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		try {
			this.channel.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	// --- frames

	static byte[] frame(Type type, byte[]... fields) {
		return frame(type.number, fields);
	}

	/**
	 * A frame: its length, its type, and its fields.
	 */
	static byte[] frame(int type, byte[]... fields) {
		try {
			ByteArrayOutputStream body = new ByteArrayOutputStream();
			body.write(type);
			for (byte[] field : fields) {
				body.write(field);
			}
			ByteArrayOutputStream frame = new ByteArrayOutputStream();
			new DataOutputStream(frame).writeInt(body.size());
			body.writeTo(frame);
			return frame.toByteArray();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static byte[] magic(int version) {
		return new byte[] { 'G', 'U', 'P', 'G', (byte) (version >>> 8), (byte) version };
	}

	static byte[] number(long value) {
		return ByteBuffer.allocate(8).putLong(value).array();
	}

	static byte[] text(String value) {
		byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
		return ByteBuffer.allocate(2 + bytes.length).putShort((short) bytes.length).put(bytes).array();
	}

	static byte[] texts(List<String> values) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.writeBytes(ByteBuffer.allocate(2).putShort((short) values.size()).array());
		values.forEach((value) -> out.writeBytes(text(value)));
		return out.toByteArray();
	}

	/**
	 * The types that are spoken here.
	 */
	enum Type {

		HELLO(0x01), WELCOME(0x02), REFUSED(0x03), WAITING(0x10), OFFER(0x11), READY(0x12), FAILED(0x13),
		WITHDRAWN(0x14), COMMIT(0x15), ACCEPTING(0x20), FAREWELL(0x40), GOODBYE(0x41);

		private final int number;

		Type(int number) {
			this.number = number;
		}

		private static Type of(int number) throws IOException {
			for (Type type : values()) {
				if (type.number == number) {
					return type;
				}
			}
			throw new IOException("a frame of type " + number);
		}

	}

	/**
	 * A frame that came.
	 *
	 * @param type its type
	 * @param fields what follows
	 */
	record Frame(Type type, ByteBuffer fields) {

		/**
		 * Why, if this is REFUSED.
		 */
		String refusal() {
			return List.of("", "BUSY", "VERSION", "LEAVING", "FOREIGN").get(this.fields.get(7));
		}

		/**
		 * Everything in it that looks like a text.
		 */
		String text() {
			return new String(this.fields.array(), StandardCharsets.UTF_8);
		}

	}

	private interface Reading<T> {

		T read() throws IOException;

	}

	/**
	 * Listens where an incumbent would.
	 */
	static final class Incumbent implements AutoCloseable {

		private final ServerSocketChannel server;

		Incumbent(Path socket) throws IOException {
			this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
			this.server.bind(UnixDomainSocketAddress.of(socket));
		}

		/**
		 * Wait for a successor.
		 */
		RawPeer accept() {
			return within(() -> new RawPeer(this.server.accept()));
		}

		@Override
		public void close() throws IOException {
			this.server.close();
		}

	}

}
