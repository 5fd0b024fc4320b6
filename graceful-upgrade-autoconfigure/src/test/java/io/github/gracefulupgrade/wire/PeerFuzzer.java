package io.github.gracefulupgrade.wire;

import java.io.File;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Peer;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/**
 * Fuzz target: what comes through a real socket, in pieces, with real descriptors. The
 * input is a list of writes, each with its length in the lower five bits and, if the
 * highest bit is set, with the number of descriptors in a byte of their own. The
 * connection ends, and nothing that came is left open.
 */
public final class PeerFuzzer {

	private static final WireSettings SETTINGS = new WireSettings(Duration.ofSeconds(5), Duration.ofMillis(500),
			Duration.ofSeconds(5), 16);

	private static final int MAX_WRITES = 64;

	private static final int HANGS_AFTER = 30;

	private static final ScheduledExecutorService DEADLINES = Executors.newScheduledThreadPool(1, (task) -> {
		Thread thread = new Thread(task, "deadlines");
		thread.setDaemon(true);
		return thread;
	});

	private static final AFUNIXServerSocket SERVER = server();

	private static final FileDescriptor PASSENGER = passenger();

	private PeerFuzzer() {
	}

	public static void fuzzerTestOneInput(byte[] input) throws Exception {
		if (opens(input) > 0 && opens(input) > 0) {
			throw new AssertionError("Each time that this comes, descriptors are left open");
		}
	}

	/**
	 * How many descriptors more are open after an input. The JVM opens some of its own,
	 * but not each time.
	 */
	private static int opens(byte[] input) throws Exception {
		int before = open();
		run(input);
		return open() - before;
	}

	private static void run(byte[] input) throws Exception {
		Ended events = new Ended();
		AFUNIXSocket far = AFUNIXSocket.connectTo(SERVER.getLocalSocketAddress());
		AFUNIXSocket near = SERVER.accept();
		CountDownLatch gone = new CountDownLatch(1);
		UnixPeer peer = new UnixPeer(near, true, events, SETTINGS, DEADLINES, (ended) -> gone.countDown());
		peer.start();
		try (far) {
			write(input, far);
		}
		catch (IOException ex) {
			// It was heard enough of.
		}
		if (!events.ended.await(HANGS_AFTER, TimeUnit.SECONDS) || !gone.await(HANGS_AFTER, TimeUnit.SECONDS)) {
			throw new AssertionError("The end of the connection was not noticed");
		}
	}

	private static void write(byte[] input, AFUNIXSocket socket) throws IOException {
		OutputStream out = socket.getOutputStream();
		int writes = 0;
		for (int at = 0; at < input.length && writes < MAX_WRITES; writes++) {
			int head = input[at++] & 0xff;
			int descriptors = (head > 127 && at < input.length) ? (input[at++] & 63) : 0;
			int length = Math.min(head & 31, input.length - at);
			if (length == 0) {
				continue;
			}
			if (descriptors > 0) {
				FileDescriptor[] travelling = new FileDescriptor[Math.min(descriptors, 60)];
				Arrays.fill(travelling, PASSENGER);
				socket.setOutboundFileDescriptors(travelling);
			}
			out.write(input, at, length);
			at += length;
		}
	}

	private static int open() {
		return Objects.requireNonNull(new File("/proc/self/fd").list()).length;
	}

	private static AFUNIXServerSocket server() {
		try {
			Path path = Files.createTempDirectory("fuzz").resolve("s");
			path.toFile().deleteOnExit();
			return AFUNIXServerSocket.bindOn(AFUNIXSocketAddress.of(path));
		}
		catch (IOException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	private static FileDescriptor passenger() {
		try {
			return new RandomAccessFile("/dev/null", "r").getFD();
		}
		catch (IOException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	/**
	 * Keeps nothing of what it is told, but the end.
	 */
	private static final class Ended implements Peer.Events {

		private final CountDownLatch ended = new CountDownLatch(1);

		@Override
		public void connected(Peer peer) {
		}

		@Override
		public void received(Peer peer, Message message) {
			Message.discard(message);
		}

		@Override
		public void disconnected(Peer peer, String reason) {
			this.ended.countDown();
		}

	}

}
