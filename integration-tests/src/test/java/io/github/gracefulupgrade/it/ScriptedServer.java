package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a scripted successor does with the descriptors that it was handed: it accepts on
 * them, and answers one GET after another.
 */
final class ScriptedServer implements AutoCloseable {

	private static final Duration LOOK = Duration.ofMillis(50);

	private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

	private volatile boolean closed;

	/**
	 * Accept on a listening socket, from now on.
	 */
	void accept(Collection<Integer> listeners) {
		listeners.forEach((listener) -> start(() -> {
			while (!this.closed) {
				int connection = Posix.accept(listener, LOOK);
				if (connection >= 0) {
					serve(connection);
				}
			}
			Posix.close(listener);
		}));
	}

	/**
	 * Serve an established connection, and close it at last.
	 */
	void serve(int connection) {
		start(() -> {
			try {
				while (answersOne(connection)) {
					// And the next.
				}
			}
			finally {
				Posix.close(connection);
			}
		});
	}

	private boolean answersOne(int connection) throws IOException {
		StringBuilder head = new StringBuilder();
		while (head.indexOf("\r\n\r\n") < 0) {
			while (!Posix.readable(connection, LOOK)) {
				if (this.closed && head.isEmpty()) {
					return false;
				}
			}
			ByteBuffer buffer = ByteBuffer.allocate(4096);
			if (Posix.receive(connection, buffer, new ArrayList<>()) == 0) {
				return false;
			}
			head.append(new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1));
		}
		Posix.write(connection,
				"HTTP/1.1 200 OK\r\nX-Pid: %d\r\nContent-Length: 8\r\n\r\nscripted"
					.formatted(ProcessHandle.current().pid())
					.getBytes(StandardCharsets.ISO_8859_1));
		if (head.toString().toLowerCase(Locale.ROOT).contains("connection: close")) {
			Posix.shutdownOutput(connection);
		}
		return true;
	}

	private void start(Task task) {
		Thread thread = new Thread(() -> {
			try {
				task.run();
			}
			catch (IOException ex) {
				// The client is gone.
			}
			finally {
				this.threads.remove(Thread.currentThread());
			}
		}, "scripted-server");
		thread.setDaemon(true);
		this.threads.add(thread);
		thread.start();
	}

	@Override
	public void close() {
		this.closed = true;
		for (Thread thread : this.threads) {
			try {
				thread.join(Duration.ofSeconds(10).toMillis());
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}
	}

	private interface Task {

		void run() throws IOException;

	}

}
