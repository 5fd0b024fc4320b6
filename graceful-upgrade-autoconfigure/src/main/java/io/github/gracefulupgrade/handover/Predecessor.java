package io.github.gracefulupgrade.handover;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The instance that a successor takes over from, as that successor sees it: the
 * connection to it, from HELLO to GOODBYE, and the connections of clients that come over
 * it while it drains. That the connection is gone says nothing of the process; the lock
 * does.
 * <p>
 * All state is the control thread's. The ports do not throw, see {@link ContainedPorts}.
 */
final class Predecessor {

	private final Ports ports;

	private final Settings settings;

	private @Nullable Peer peer;

	/**
	 * Its process id, or {@code -1} if there is none.
	 */
	private long pid = -1;

	/**
	 * Its last words, once it has drained.
	 */
	private Message.@Nullable Farewell farewell;

	/**
	 * Whether this instance, which accepts, is on its own way out.
	 */
	private boolean shuttingDown;

	/**
	 * Whether this instance, which accepts, has been replaced itself.
	 */
	private boolean replaced;

	Predecessor(Ports ports, Settings settings) {
		this.ports = ports;
		this.settings = settings;
	}

	// --- who it is

	/**
	 * Somebody was reached, who has not said who it is.
	 */
	void reached(Peer peer) {
		this.peer = peer;
	}

	void welcomed(long pid) {
		this.pid = pid;
	}

	/**
	 * There is none, and this instance starts cold.
	 */
	void none() {
		this.pid = -1;
	}

	boolean exists() {
		return this.pid >= 0;
	}

	long pid() {
		return this.pid;
	}

	// --- the connection to it

	boolean isConnected() {
		return this.peer != null;
	}

	boolean isAt(Peer peer) {
		return peer == this.peer;
	}

	/**
	 * Send, if it is connected.
	 */
	void send(Message message) {
		if (this.peer != null) {
			this.peer.send(message);
		}
	}

	/**
	 * The connection ended.
	 */
	void lost() {
		this.peer = null;
	}

	void hangUp() {
		Peer peer = this.peer;
		this.peer = null;
		if (peer != null) {
			peer.close();
		}
	}

	// --- while it drains

	/**
	 * Serve connections that it established.
	 */
	void handsOver(Message.Handoff message) {
		// It accepts no more.
		this.ports.listeners().acceptAll();
		List<Connections.Established> connections = message.connections();
		int taken = 0;
		// One that goes takes none: they are better off where they are.
		while (!this.shuttingDown && !this.replaced && taken < connections.size() && this.ports.connections().room() > 0
				&& this.ports.connections().adopt(connections.get(taken))) {
			taken++;
		}
		connections.subList(taken, connections.size()).forEach((connection) -> connection.descriptor().close());
		send(new Message.Received(taken, this.ports.connections().room()));
	}

	/**
	 * This instance has been replaced itself, and takes no connections from now on.
	 */
	void takeNoMore() {
		this.replaced = true;
	}

	/**
	 * It has drained, and leaves with GOODBYE. If this instance shuts down, it must not:
	 * both would be gone.
	 */
	void saysFarewell(Message.Farewell message) {
		if (!this.shuttingDown) {
			this.ports.listeners().acceptAll();
			this.farewell = message;
			send(new Message.Goodbye());
			this.ports.journal()
				.info("Predecessor pid=%d drained: %d request(s) finished, %d cut; pid=%d goes on alone"
					.formatted(this.pid, message.drained().finished(), message.drained().cut(), this.settings.pid()));
		}
		hangUp();
	}

	/**
	 * This instance shuts down: its predecessor, if it is still there, must not leave,
	 * too.
	 */
	void keep() {
		this.shuttingDown = true;
	}

	Snapshot.@Nullable Predecessor snapshot() {
		return exists() ? new Snapshot.Predecessor(this.pid, isConnected(), this.farewell) : null;
	}

}
