package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

import org.jspecify.annotations.Nullable;

/**
 * A client with one connection at a time, and a queue of requests that are due. Belongs
 * to the thread of the load.
 */
final class Client {

	private static final long TIMEOUT = 10_000_000_000L;

	private final InetSocketAddress address;

	private final byte[] request;

	private final Selector selector;

	private final boolean fresh;

	private final List<Sample> samples;

	private final Queue<Long> due = new ArrayDeque<>();

	private @Nullable Connection connection;

	private State state = State.IDLE;

	/** When the request that is under way was due, and when it was begun. */
	private long intendedAt;

	private long beganAt;

	private int reconnects;

	Client(InetSocketAddress address, byte[] request, Selector selector, boolean fresh, List<Sample> samples) {
		this.address = address;
		this.request = request;
		this.selector = selector;
		this.fresh = fresh;
		this.samples = samples;
	}

	int reconnects() {
		return this.reconnects;
	}

	boolean isIdle() {
		return this.state == State.IDLE && this.due.isEmpty();
	}

	/** Whether it has a connection, or is about to have one. */
	boolean isConnected() {
		return this.connection != null;
	}

	/** A request is due. It is sent now, or as soon as the ones before it are over. */
	void request(long intendedAt) {
		this.due.add(intendedAt);
		next();
	}

	private void next() {
		while (this.state == State.IDLE && !this.due.isEmpty()) {
			this.intendedAt = this.due.remove();
			this.beganAt = System.nanoTime();
			try {
				if (this.connection != null) {
					send(this.connection);
				}
				else {
					this.state = State.CONNECTING;
					this.connection = new Connection(this.address, this.selector, this);
					// A connection within the machine may be there at once.
					connecting(this.connection);
				}
			}
			catch (IOException ex) {
				failed(ex);
			}
		}
	}

	/** Something happened on the connection. */
	void ready() {
		Connection current = this.connection;
		if (current == null) {
			return;
		}
		try {
			switch (this.state) {
				case CONNECTING -> connecting(current);
				case WAITING -> reading(current);
				case IDLE -> {
					current.read();
					throw new IOException("Bytes that no request had asked for");
				}
			}
		}
		catch (IOException ex) {
			failed(ex);
		}
		next();
	}

	/** See whether the request that is under way takes too long. */
	void tick(long now) {
		if (this.state != State.IDLE && now - this.beganAt > TIMEOUT) {
			failed(new IOException("Timed out"));
			next();
		}
	}

	private void connecting(Connection current) throws IOException {
		if (current.connected()) {
			send(current);
		}
	}

	private void send(Connection current) throws IOException {
		this.state = State.WAITING;
		current.send(this.request);
	}

	private void reading(Connection current) throws IOException {
		Connection.Response response = current.read();
		if (response != null) {
			over(Fate.ANSWERED, response.pid());
			if (this.fresh) {
				disconnect();
			}
			else if (response.closes()) {
				this.reconnects++;
				disconnect();
			}
		}
	}

	private void failed(IOException ex) {
		disconnect();
		if (this.state == State.IDLE) {
			// The server closed while there was nothing to answer, as it may.
			this.reconnects++;
		}
		else {
			over((this.state == State.CONNECTING && ex instanceof ConnectException) ? Fate.REFUSED : Fate.LOST, 0);
		}
	}

	private void over(Fate fate, long pid) {
		this.samples.add(new Sample(this.intendedAt, this.beganAt, System.nanoTime(), fate, pid, this.fresh));
		this.state = State.IDLE;
	}

	void disconnect() {
		if (this.connection != null) {
			this.connection.close();
			this.connection = null;
		}
	}

	private enum State {

		IDLE, CONNECTING, WAITING

	}

}
