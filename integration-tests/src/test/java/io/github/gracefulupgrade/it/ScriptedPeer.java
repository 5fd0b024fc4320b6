package io.github.gracefulupgrade.it;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One end of the handover protocol, in either role, written from docs/protocol.md alone:
 * it shares no line with the implementation, so that one of them is found to be wrong
 * where they differ. It does what a test tells it, also what it must not.
 */
final class ScriptedPeer implements AutoCloseable {

	static final int HELLO = 0x01;

	static final int WELCOME = 0x02;

	static final int REFUSED = 0x03;

	static final int WAITING = 0x10;

	static final int OFFER = 0x11;

	static final int READY = 0x12;

	static final int FAILED = 0x13;

	static final int WITHDRAWN = 0x14;

	static final int COMMIT = 0x15;

	static final int STATE = 0x16;

	static final int DESCRIPTORS = 0x17;

	static final int ACCEPTING = 0x20;

	static final int CONNECTIONS = 0x30;

	static final int RECEIVED = 0x31;

	static final int ENOUGH = 0x32;

	static final int FAREWELL = 0x40;

	static final int GOODBYE = 0x41;

	static final int MAX_FRAME = 65_536;

	/**
	 * How long to wait for what has to come.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final int socket;

	private final List<Integer> pending = new ArrayList<>();

	private boolean closed;

	ScriptedPeer(int socket) {
		this.socket = socket;
	}

	/**
	 * Connect as a successor does.
	 */
	static ScriptedPeer connect(Path path) {
		try {
			return new ScriptedPeer(Posix.connect(path));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	int socket() {
		return this.socket;
	}

	// --- saying

	ScriptedPeer hello() {
		return send(HELLO, RawPeer.magic(1), RawPeer.number(ProcessHandle.current().pid()), RawPeer.text("scripted"));
	}

	ScriptedPeer welcome() {
		return send(WELCOME, RawPeer.magic(1), RawPeer.number(ProcessHandle.current().pid()), n31(7));
	}

	ScriptedPeer send(int type, byte[]... fields) {
		return send(RawPeer.frame(type, fields));
	}

	/**
	 * Send bytes, with descriptors that stay this process's.
	 */
	ScriptedPeer send(byte[] bytes, int... descriptors) {
		try {
			Posix.send(this.socket, bytes, descriptors);
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static byte[] n31(int value) {
		return ByteBuffer.allocate(4).putInt(value).array();
	}

	/**
	 * What a drain came to: nothing, eight times.
	 */
	static byte[] farewell() {
		return new byte[8 * Long.BYTES];
	}

	static byte[] u16(int value) {
		return ByteBuffer.allocate(2).putShort((short) value).array();
	}

	static byte[] flag(boolean value) {
		return new byte[] { (byte) (value ? 1 : 0) };
	}

	// --- hearing

	/**
	 * The next frame, which must be of this type.
	 */
	Frame hear(int type) {
		Frame frame = receive();
		assertThat(frame.type()).as("type of %s", frame).isEqualTo(type);
		return frame;
	}

	Frame receive() {
		try {
			int length = ByteBuffer.wrap(read(4)).getInt();
			assertThat(length).as("length of a frame").isBetween(1, MAX_FRAME);
			ByteBuffer body = ByteBuffer.wrap(read(length));
			Frame frame = new Frame(body.get() & 0xff, body, List.copyOf(this.pending));
			this.pending.clear();
			return frame;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The other side closes the connection; what it sent before counts.
	 * @return the types of the frames that came before
	 */
	List<Integer> awaitEnd() {
		List<Integer> types = new ArrayList<>();
		try {
			while (true) {
				Frame frame = receive();
				frame.discard();
				types.add(frame.type());
			}
		}
		catch (UncheckedIOException ex) {
			boolean ended = ex.getCause() instanceof EOFException || ex.getCause().getMessage().contains("errno 104");
			assertThat(ended).as("end of the connection, not %s", ex).isTrue();
			return types;
		}
	}

	private byte[] read(int count) throws IOException {
		ByteBuffer buffer = ByteBuffer.allocate(count);
		while (buffer.hasRemaining()) {
			if (!Posix.readable(this.socket, PATIENCE)) {
				throw new AssertionError("Nothing came within " + PATIENCE);
			}
			if (Posix.receive(this.socket, buffer, this.pending) == 0) {
				throw new EOFException("end of the stream");
			}
		}
		return buffer.array();
	}

	@Override
	public void close() {
		if (!this.closed) {
			this.closed = true;
			this.pending.forEach(Posix::close);
			Posix.close(this.socket);
		}
	}

	/**
	 * A frame that came, with its descriptors.
	 *
	 * @param type its type
	 * @param fields what follows, read in their order
	 * @param descriptors the receiver's
	 */
	record Frame(int type, ByteBuffer fields, List<Integer> descriptors) {

		int u8() {
			return this.fields.get() & 0xff;
		}

		int u16() {
			return this.fields.getShort() & 0xffff;
		}

		boolean flag() {
			int value = u8();
			assertThat(value).as("a flag").isBetween(0, 1);
			return value == 1;
		}

		int n31() {
			int value = this.fields.getInt();
			assertThat(value).isNotNegative();
			return value;
		}

		long n63() {
			long value = this.fields.getLong();
			assertThat(value).isNotNegative();
			return value;
		}

		void magic() {
			assertThat(this.fields.getInt()).as("magic").isEqualTo(0x47555047);
		}

		String text(int atMost) {
			byte[] bytes = new byte[u16()];
			assertThat(bytes.length).as("length of a text").isLessThanOrEqualTo(atMost);
			this.fields.get(bytes);
			return new String(bytes, StandardCharsets.UTF_8);
		}

		/**
		 * No byte follows the last field.
		 */
		Frame end() {
			assertThat(this.fields.remaining()).as("bytes after the last field of %s", this).isZero();
			return this;
		}

		void discard() {
			this.descriptors.forEach(Posix::close);
		}

		@Override
		public String toString() {
			return "frame 0x%02x with %d descriptors: %s".formatted(this.type, this.descriptors.size(),
					new String(this.fields.array(), StandardCharsets.ISO_8859_1));
		}

	}

	/**
	 * The ownership lock: the file is opened once, and closing it gives the lock back.
	 */
	static final class Lock implements AutoCloseable {

		private final FileChannel file;

		private @Nullable FileLock lock;

		Lock(Path socket) throws IOException {
			this.file = FileChannel.open(Path.of(socket + ".lock"), StandardOpenOption.CREATE,
					StandardOpenOption.WRITE);
		}

		boolean tryAcquire() throws IOException {
			this.lock = this.file.tryLock();
			if (this.lock == null) {
				return false;
			}
			this.file.truncate(0);
			this.file.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)),
					0);
			return true;
		}

		void release() throws IOException {
			if (this.lock != null) {
				this.lock.release();
			}
		}

		@Override
		public void close() throws IOException {
			this.file.close();
		}

	}

	/**
	 * An upgrade socket that was published: over what stood there before, or where
	 * nothing did.
	 */
	static final class Door implements AutoCloseable {

		private final Path path;

		private final int socket;

		private final Object inode;

		Door(Path path) throws IOException {
			this.path = path;
			Path folder = Files.createTempDirectory(path.getParent(), ".",
					PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
			Path temporary = folder.resolve("s");
			this.socket = Posix.listen(temporary);
			Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
			this.inode = Files.getAttribute(temporary, "unix:ino");
			if (Files.exists(path)) {
				Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
			}
			else {
				Files.createLink(path, temporary);
				Files.delete(temporary);
			}
			Files.delete(folder);
		}

		int socket() {
			return this.socket;
		}

		/**
		 * Wait for a successor that says HELLO. Others only look whether somebody
		 * answers.
		 */
		ScriptedPeer accept() throws IOException {
			while (true) {
				int connection = Posix.accept(this.socket, PATIENCE);
				assertThat(connection).as("a connection within %s", PATIENCE).isNotNegative();
				if (Posix.readable(connection, PATIENCE)) {
					ScriptedPeer peer = new ScriptedPeer(connection);
					try {
						Frame hello = peer.hear(HELLO);
						hello.magic();
						assertThat(hello.u16()).as("version").isEqualTo(1);
						assertThat(hello.n63()).as("pid").isPositive();
						hello.text(255);
						hello.end();
						return peer;
					}
					catch (UncheckedIOException ex) {
						peer.close();
					}
				}
			}
		}

		@Override
		public void close() throws IOException {
			if (Files.exists(this.path) && Files.getAttribute(this.path, "unix:ino").equals(this.inode)) {
				Files.delete(this.path);
			}
			Posix.close(this.socket);
		}

	}

}
