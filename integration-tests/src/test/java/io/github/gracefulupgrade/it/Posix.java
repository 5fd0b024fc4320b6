package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;

/**
 * Sockets and descriptors as the kernel knows them, with nothing in between that would
 * help: what is sent and received here is exactly what is written here. For Linux with 64
 * bits.
 */
final class Posix {

	private static final int AF_UNIX = 1;

	private static final int AF_INET = 2;

	private static final int SOCK_STREAM = 1;

	private static final int SOCK_NONBLOCK = 0x800;

	private static final int SOCK_CLOEXEC = 0x80000;

	private static final int O_CLOEXEC = 0x80000;

	private static final int SOL_SOCKET = 1;

	private static final int SO_REUSEADDR = 2;

	private static final int SCM_RIGHTS = 1;

	private static final int MSG_NOSIGNAL = 0x4000;

	private static final int MSG_CTRUNC = 0x8;

	private static final int MSG_CMSG_CLOEXEC = 0x40000000;

	private static final short POLLIN = 1;

	private static final int SHUT_WR = 1;

	private static final int HEADER = 16;

	private static final C LIBC = Native.load("c", C.class);

	private Posix() {
	}

	static int connect(Path path) throws IOException {
		int socket = call(() -> LIBC.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		try (Memory address = address(path)) {
			call(() -> LIBC.connect(socket, address, (int) address.size()));
			return socket;
		}
		catch (IOException ex) {
			close(socket);
			throw ex;
		}
	}

	/**
	 * Open a file to read from it.
	 */
	static int open(String path) throws IOException {
		return call(() -> LIBC.open(path, O_CLOEXEC));
	}

	static int listen(Path path) throws IOException {
		int socket = call(() -> LIBC.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		try (Memory address = address(path)) {
			call(() -> LIBC.bind(socket, address, (int) address.size()));
			call(() -> LIBC.listen(socket, 16));
		}
		return socket;
	}

	/**
	 * A TCP socket that listens at the loopback address and does not block.
	 */
	static int listen(int port) throws IOException {
		int socket = call(() -> LIBC.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
		try (Memory address = loopback(port); Memory one = new Memory(4)) {
			one.setInt(0, 1);
			call(() -> LIBC.setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, one, 4));
			call(() -> LIBC.bind(socket, address, 16));
			call(() -> LIBC.listen(socket, 128));
		}
		return socket;
	}

	/**
	 * A TCP connection to a port of the loopback address.
	 */
	static int connect(int port) throws IOException {
		int socket = call(() -> LIBC.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
		try (Memory address = loopback(port)) {
			call(() -> LIBC.connect(socket, address, 16));
		}
		return socket;
	}

	private static Memory loopback(int port) {
		Memory address = new Memory(16);
		address.clear();
		address.setShort(0, (short) AF_INET);
		address.write(2, ByteBuffer.allocate(2).putShort((short) port).array(), 0, 2);
		address.write(4, InetAddress.getLoopbackAddress().getAddress(), 0, 4);
		return address;
	}

	private static Memory address(Path path) {
		byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
		Memory address = new Memory(110);
		address.clear();
		address.setShort(0, (short) AF_UNIX);
		address.write(2, bytes, 0, bytes.length);
		return address;
	}

	/**
	 * Accept a connection, if one comes in time. It does not block.
	 * @return its descriptor, or {@code -1}
	 */
	static int accept(int socket, Duration atMost) throws IOException {
		if (!readable(socket, atMost)) {
			return -1;
		}
		try {
			return call(() -> LIBC.accept4(socket, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK));
		}
		catch (IOException ex) {
			// Another process was quicker.
			return -1;
		}
	}

	/**
	 * Wait until there is something to read, or to accept.
	 */
	static boolean readable(int socket, Duration atMost) throws IOException {
		try (Memory poll = new Memory(8)) {
			poll.setInt(0, socket);
			poll.setShort(4, POLLIN);
			poll.setShort(6, (short) 0);
			return call(() -> LIBC.poll(poll, 1, (int) atMost.toMillis())) > 0;
		}
	}

	/**
	 * Send bytes, and descriptors with the first of them.
	 */
	static void send(int socket, byte[] bytes, int... descriptors) throws IOException {
		int control = HEADER + (descriptors.length * 4 + 7) / 8 * 8;
		try (Memory data = new Memory(bytes.length); Memory message = new Memory(56 + 16 + control)) {
			data.write(0, bytes, 0, bytes.length);
			prepare(message, data, (descriptors.length > 0) ? control : 0);
			message.setLong(72, HEADER + descriptors.length * 4L);
			message.setInt(80, SOL_SOCKET);
			message.setInt(84, SCM_RIGHTS);
			message.write(88, descriptors, 0, descriptors.length);
			int sent = call(() -> LIBC.sendmsg(socket, message, MSG_NOSIGNAL));
			if (sent < bytes.length) {
				byte[] rest = new byte[bytes.length - sent];
				System.arraycopy(bytes, sent, rest, 0, rest.length);
				send(socket, rest);
			}
		}
	}

	/**
	 * Receive bytes, and the descriptors that come with any of them.
	 * @return how many bytes came, {@code 0} at the end of the stream
	 */
	static int receive(int socket, ByteBuffer buffer, List<Integer> descriptors) throws IOException {
		int control = HEADER + 64 * 4;
		try (Memory data = new Memory(buffer.remaining()); Memory message = new Memory(56 + 16 + control)) {
			prepare(message, data, control);
			int count = call(() -> LIBC.recvmsg(socket, message, MSG_CMSG_CLOEXEC));
			if ((message.getInt(48) & MSG_CTRUNC) != 0) {
				throw new IOException("more descriptors than fit");
			}
			if (message.getLong(40) >= HEADER) {
				int came = (int) (message.getLong(72) - HEADER) / 4;
				for (int i = 0; i < came; i++) {
					descriptors.add(message.getInt(88 + i * 4L));
				}
			}
			buffer.put(data.getByteArray(0, count));
			return count;
		}
	}

	/**
	 * A msghdr, the one iovec that it has, and room for what comes along.
	 */
	private static void prepare(Memory message, Memory data, int control) {
		message.clear();
		message.setPointer(16, message.share(56));
		message.setLong(24, 1);
		message.setPointer(56, data);
		message.setLong(64, data.size());
		if (control > 0) {
			message.setPointer(32, message.share(72));
			message.setLong(40, control);
		}
	}

	static void write(int socket, byte[] bytes) throws IOException {
		send(socket, bytes);
	}

	static int read(int socket, ByteBuffer buffer, Duration atMost) throws IOException {
		if (!readable(socket, atMost)) {
			throw new IOException("nothing to read within " + atMost);
		}
		return receive(socket, buffer, new ArrayList<>());
	}

	static void shutdownOutput(int socket) throws IOException {
		call(() -> LIBC.shutdown(socket, SHUT_WR));
	}

	static void close(int descriptor) {
		try {
			LIBC.close(descriptor);
		}
		catch (LastErrorException ex) {
			throw new AssertionError("descriptor " + descriptor + " was not open", ex);
		}
	}

	private static int call(Call call) throws IOException {
		try {
			return call.run();
		}
		catch (LastErrorException ex) {
			throw new IOException("errno " + ex.getErrorCode() + ", " + ex.getMessage(), ex);
		}
	}

	static {
		if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN || Native.POINTER_SIZE != 8) {
			throw new IllegalStateException("not for this platform");
		}
	}

	private interface Call {

		int run();

	}

	/**
	 * The C library.
	 */
	interface C extends Library {

		int socket(int domain, int type, int protocol) throws LastErrorException;

		int setsockopt(int socket, int level, int option, Memory value, int length) throws LastErrorException;

		int bind(int socket, Memory address, int length) throws LastErrorException;

		int listen(int socket, int backlog) throws LastErrorException;

		int connect(int socket, Memory address, int length) throws LastErrorException;

		int accept4(int socket, Memory address, Memory length, int flags) throws LastErrorException;

		int poll(Memory descriptors, long count, int timeout) throws LastErrorException;

		int sendmsg(int socket, Memory message, int flags) throws LastErrorException;

		int recvmsg(int socket, Memory message, int flags) throws LastErrorException;

		int shutdown(int socket, int how) throws LastErrorException;

		int open(String path, int flags) throws LastErrorException;

		int close(int descriptor) throws LastErrorException;

	}

}
