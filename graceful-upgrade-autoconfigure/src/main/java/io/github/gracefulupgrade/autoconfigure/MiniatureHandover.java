package io.github.gracefulupgrade.autoconfigure;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import io.github.gracefulupgrade.handover.Mode;
import io.github.gracefulupgrade.signal.NativeMemory;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.netty.resources.LoopResources;

/**
 * A handover from one {@link MiniatureInstance} to another, both in this process: with
 * everything that is real about one, a socket, a lock, descriptors that travel, a server
 * that starts on them, a connection that moves and a request before and after, but with
 * nothing of the application, and without a trace. Most of a handover's time is the first
 * use of code. After this, the next use is none.
 * <p>
 * It holds the threads of its own for at most {@link #LIMIT}, and whatever goes wrong
 * costs nothing but the time that it was to save.
 */
final class MiniatureHandover {

	private static final Log logger = LogFactory.getLog(MiniatureHandover.class);

	/**
	 * How long it may take. On an idle machine it is half a second.
	 */
	static final Duration LIMIT = Duration.ofSeconds(10);

	/**
	 * How long one more may take, in the middle of a warm-up, which has a limit itself.
	 */
	private static final Duration LIMIT_AGAIN = Duration.ofSeconds(3);

	private static final Duration PATIENCE = Duration.ofSeconds(3);

	/**
	 * Connections that move: all of a server's do so at once, and what a method's first
	 * two hundred uses are short of is the compiler.
	 */
	private static final int KEPT = 50;

	/** Connections that come while both accept. */
	private static final int FRESH = 5;

	private static final byte[] REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
		.getBytes(StandardCharsets.US_ASCII);

	private static final byte[] END = { '\r', '\n', '\r', '\n' };

	/**
	 * The one of this process: what has run once need not run again for another
	 * application context. Guarded by this class.
	 */
	private static @Nullable CompletableFuture<Void> only;

	private MiniatureHandover() {
	}

	/**
	 * Rehearse, on a thread of its own, unless that has been done. May be called from any
	 * thread.
	 * @return completes when it is over, however it went
	 */
	static synchronized CompletableFuture<Void> once() {
		CompletableFuture<Void> over = only;
		if (over == null) {
			over = start(LIMIT);
			only = over;
		}
		return over;
	}

	/**
	 * Rehearse, on a thread of its own, whether that has been done or not. May be called
	 * from any thread.
	 * @return completes when it is over, however it went
	 */
	static CompletableFuture<Void> again() {
		return start(LIMIT_AGAIN);
	}

	private static CompletableFuture<Void> start(Duration limit) {
		CompletableFuture<Void> over = new CompletableFuture<>();
		Thread thread = new Thread(() -> {
			try {
				long begun = System.nanoTime();
				rehearse();
				// What this took for a moment, and the start before it.
				NativeMemory.trim();
				logger.debug("Rehearsed a handover in %d ms"
					.formatted(Duration.ofNanos(System.nanoTime() - begun).toMillis()));
			}
			catch (Exception | Error ex) {
				logger.debug("The rehearsal of a handover came to no good end", ex);
			}
			finally {
				over.complete(null);
			}
		}, "graceful-upgrade-rehearsal");
		thread.setDaemon(true);
		thread.setPriority(Thread.MIN_PRIORITY);
		try {
			thread.start();
		}
		catch (Error ex) {
			// No memory for one more thread.
			over.complete(null);
		}
		return over.completeOnTimeout(null, limit.toMillis(), TimeUnit.MILLISECONDS).thenRun(thread::interrupt);
	}

	/**
	 * Rehearse, here and now.
	 * @throws Exception if it did not go as a handover should
	 */
	static void rehearse() throws Exception {
		// Nobody else gets in: its mode is 0700.
		Path folder = Files.createTempDirectory("graceful-upgrade");
		LoopResources loops = LoopResources.create("graceful-upgrade-rehearsal", 1, true);
		try (MiniatureInstance incumbent = new MiniatureInstance(folder, 1, loops);
				MiniatureInstance successor = new MiniatureInstance(folder, 2, loops)) {
			handOver(incumbent, successor);
		}
		finally {
			loops.disposeLater(Duration.ZERO, PATIENCE).subscribe();
			remove(folder);
		}
	}

	private static void handOver(MiniatureInstance incumbent, MiniatureInstance successor)
			throws IOException, InterruptedException, ExecutionException, TimeoutException {
		incumbent.start(Mode.COLD);
		List<Socket> clients = new ArrayList<>();
		try {
			// While it moves, a connection has four descriptors here. A server that has
			// few left needs them for its own.
			int kept = Math.min(KEPT, Math.max(1, incumbent.room() / 8));
			for (int i = 0; i < kept; i++) {
				clients.add(connect(incumbent.port()));
				request(clients.get(i));
			}
			// It comes first, and is remembered: then nothing of this waits for a moment.
			incumbent.trigger();
			successor.start(Mode.SUCCESSOR);
			// Both accept for a moment, and one of them comes too late for a connection:
			// into the code for that, all that a server does may have been compiled.
			for (int i = 0; i < FRESH; i++) {
				try (Socket client = connect(incumbent.port())) {
					request(client);
				}
			}
			incumbent.left().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
			for (Socket client : clients) {
				request(client);
			}
		}
		finally {
			for (Socket client : clients) {
				client.close();
			}
		}
	}

	private static Socket connect(int port) throws IOException {
		Socket client = new Socket();
		try {
			client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) PATIENCE.toMillis());
			client.setSoTimeout((int) PATIENCE.toMillis());
			return client;
		}
		catch (IOException ex) {
			client.close();
			throw ex;
		}
	}

	/**
	 * A request and the head of its response, which has no body.
	 */
	private static void request(Socket client) throws IOException {
		client.getOutputStream().write(REQUEST);
		InputStream in = client.getInputStream();
		for (int matched = 0; matched < END.length;) {
			int next = in.read();
			if (next < 0) {
				throw new EOFException();
			}
			matched = (next == END[matched]) ? matched + 1 : (next == END[0]) ? 1 : 0;
		}
	}

	private static void remove(Path folder) throws IOException {
		try (Stream<Path> files = Files.list(folder)) {
			for (Path file : files.toList()) {
				Files.deleteIfExists(file);
			}
		}
		Files.deleteIfExists(folder);
	}

}
