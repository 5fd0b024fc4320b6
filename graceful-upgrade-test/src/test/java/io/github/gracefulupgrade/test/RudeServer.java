package io.github.gracefulupgrade.test;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server that does to its clients what it is told to.
 */
final class RudeServer implements AutoCloseable {

	static final String GOOD = "HTTP/1.1 200 OK\r\nX-Pid: 42\r\nContent-Length: 5\r\n\r\nhello";

	private final ServerSocket listener;

	private final Manners manners;

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	/**
	 * Whether what is accepted from now on has come too late.
	 */
	private volatile boolean closed;

	private final AtomicInteger requests = new AtomicInteger();

	private final AtomicInteger connections = new AtomicInteger();

	RudeServer(Manners manners) {
		this.manners = manners;
		try {
			this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		start(this::accept);
	}

	/**
	 * Polite but for one request.
	 */
	static RudeServer rudeTo(int request, Manners manners) {
		return new RudeServer((socket, number) -> {
			if (number == request) {
				return manners.answer(socket, number);
			}
			return write(socket, GOOD);
		});
	}

	static boolean write(Socket socket, String text) throws IOException {
		socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
		return true;
	}

	static boolean reset(Socket socket) throws IOException {
		socket.setSoLinger(true, 0);
		return false;
	}

	int port() {
		return this.listener.getLocalPort();
	}

	int requests() {
		return this.requests.get();
	}

	int connections() {
		return this.connections.get();
	}

	private void start(Runnable task) {
		Thread thread = new Thread(task, "rude-server");
		thread.setDaemon(true);
		thread.start();
	}

	private void accept() {
		try {
			while (true) {
				Socket socket = this.listener.accept();
				this.sockets.add(socket);
				if (this.closed) {
					socket.close();
				}
				this.connections.incrementAndGet();
				start(() -> serve(socket));
			}
		}
		catch (IOException ex) {
			// Closed.
		}
	}

	private void serve(Socket socket) {
		try (socket) {
			BufferedReader reader = new BufferedReader(
					new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
			boolean goOn = true;
			while (goOn) {
				String line = reader.readLine();
				while (line != null && !line.isEmpty()) {
					line = reader.readLine();
				}
				goOn = line != null && this.manners.answer(socket, this.requests.incrementAndGet());
			}
		}
		catch (IOException ex) {
			// The client has gone.
		}
	}

	@Override
	public void close() {
		this.closed = true;
		try {
			this.listener.close();
			for (Socket socket : this.sockets) {
				socket.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * How to answer a request.
	 */
	interface Manners {

		/**
		 * Answer.
		 * @param socket where
		 * @param request the number of the request, from 1
		 * @return whether the connection stays open
		 * @throws IOException if the client has gone
		 */
		boolean answer(Socket socket, int request) throws IOException;

	}

}
