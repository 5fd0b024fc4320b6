package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Selector;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.test.HttpConnection.Idle;
import io.github.gracefulupgrade.test.LoadReport.Reconnect;
import org.jspecify.annotations.Nullable;

/**
 * One client of a load, on a thread of its own: one request at a time, none ever retried.
 */
final class LoadClient implements Runnable {

	/** Keeps a client from spinning while nobody listens. */
	private static final long PAUSE_AFTER_FAILURE = TimeUnit.MILLISECONDS.toNanos(10);

	private final Settings settings;

	private final ConnectionKind kind;

	private final Recorder recorder;

	private final Selector selector;

	private final long firstTurn;

	private volatile boolean stopping;

	private @Nullable HttpConnection connection;

	private int connectionId;

	LoadClient(Settings settings, ConnectionKind kind, Recorder recorder, long firstTurn) throws IOException {
		this.settings = settings;
		this.kind = kind;
		this.recorder = recorder;
		this.firstTurn = firstTurn;
		this.selector = Selector.open();
	}

	/** Ask the client to end after the request that it is waiting for. */
	void stop() {
		this.stopping = true;
		this.selector.wakeup();
	}

	/** End the client at once; a request that it is waiting for gets no fate. */
	void abort() {
		this.stopping = true;
		try {
			this.selector.close();
		}
		catch (IOException ex) {
			// Then the client ends after its request.
		}
	}

	@Override
	public void run() {
		try {
			long turn = this.firstTurn;
			for (int i = 0; awaitTurn(turn); i++) {
				long began = System.nanoTime();
				Outcome outcome = request(this.settings.requests().get(i % this.settings.requests().size()));
				turn = (this.settings.interval() >= 0) ? Math.max(turn + this.settings.interval(), began)
						: System.nanoTime() + this.settings.thinkTime();
				if (outcome != Outcome.ANSWERED) {
					turn = Math.max(turn, System.nanoTime() + PAUSE_AFTER_FAILURE);
				}
			}
		}
		catch (ClosedSelectorException ex) {
			// Aborted.
		}
		catch (IOException ex) {
			throw new IllegalStateException("The load client itself is broken", ex);
		}
		finally {
			disconnect();
			abort();
		}
	}

	/**
	 * Wait for the moment of the next request, and see at once if the server closes the
	 * connection meanwhile.
	 */
	private boolean awaitTurn(long turn) throws IOException {
		do {
			if (this.stopping) {
				return false;
			}
			Idle idle = Idle.QUIET;
			if (this.connection != null) {
				idle = this.connection.idle(turn);
			}
			else if (turn > System.nanoTime()) {
				this.selector.select(HttpConnection.millis(turn - System.nanoTime()));
			}
			long now = System.nanoTime();
			if (idle == Idle.UNSOLICITED) {
				this.recorder.add(new Fate(now, now, "(none)", this.kind, this.connectionId, Outcome.GARBLED, 0, 0,
						"bytes that no request had asked for"));
				disconnect();
			}
			else if (idle == Idle.CLOSED) {
				this.recorder.add(new Reconnect(now, this.connectionId, false));
				disconnect();
			}
		}
		while (turn > System.nanoTime());
		return !this.stopping;
	}

	private Outcome request(Request request) {
		long began = System.nanoTime();
		long deadline = began + this.settings.timeout();
		Fate fate;
		try {
			Response response = exchange(request, deadline);
			boolean good = this.settings.isGood(response.status());
			fate = new Fate(began, System.nanoTime(), request.path(), this.kind, this.connectionId,
					good ? Outcome.ANSWERED : Outcome.BAD_STATUS, response.status(), response.pid(),
					good ? null : "status " + response.status());
			if (this.kind == ConnectionKind.FRESH) {
				disconnect();
			}
			else if (response.closes()) {
				this.recorder.add(new Reconnect(fate.endedAt(), this.connectionId, true));
				disconnect();
			}
		}
		catch (Failure ex) {
			fate = new Fate(began, System.nanoTime(), request.path(), this.kind, this.connectionId, ex.outcome(), 0, 0,
					ex.getMessage());
			disconnect();
		}
		this.recorder.add(fate);
		return fate.outcome();
	}

	private Response exchange(Request request, long deadline) throws Failure {
		HttpConnection connection = this.connection;
		if (connection != null) {
			if (connection.send(request.bytes(), deadline)) {
				return Response.read(connection);
			}
			// Not a byte left: the server had closed, and this is no retry.
			this.recorder.add(new Reconnect(System.nanoTime(), this.connectionId, false));
			disconnect();
		}
		this.connectionId = this.recorder.nextConnection();
		connection = HttpConnection.open(this.settings.address(), this.selector, deadline);
		this.connection = connection;
		if (!connection.send(request.bytes(), deadline)) {
			throw new Failure(Outcome.RESET, "right after the connect");
		}
		return Response.read(connection);
	}

	private void disconnect() {
		if (this.connection != null) {
			this.connection.close();
			this.connection = null;
		}
	}

	/**
	 * A request, ready to be sent.
	 *
	 * @param path what it asks for
	 * @param bytes all of it
	 */
	record Request(String path, byte[] bytes) {
	}

	/**
	 * What all clients of a load have in common.
	 *
	 * @param address where to connect
	 * @param requests what to send, in turn
	 * @param interval nanoseconds from request to request of one client, negative to go
	 * by the think time
	 * @param thinkTime nanoseconds from a response to the next request
	 * @param timeout nanoseconds that a request may take
	 * @param badStatus the lowest status that is no good answer
	 */
	record Settings(InetSocketAddress address, List<Request> requests, long interval, long thinkTime, long timeout,
			int badStatus) {

		boolean isGood(int status) {
			return status >= 200 && status < this.badStatus;
		}

	}

}
