package io.github.gracefulupgrade.handover;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import io.github.gracefulupgrade.handover.Connections.Established;

/**
 * The connections on their way from a draining incumbent to its successor. Each has one
 * owner: this process until the successor acknowledged it, then the successor. Batches
 * are sent as soon as there is something to send, and not more at a time than the
 * successor has room for, or than a user may have descriptors in flight.
 * <p>
 * All state is the control thread's.
 */
final class Outbox {

	/**
	 * The most connections that are sent and not acknowledged. An ordinary user may have
	 * as many descriptors in flight as open (RLIMIT_NOFILE), which is 1,024 by default.
	 */
	static final int WINDOW = 8 * Message.Handoff.BATCH;

	private final ControlThread control;

	private final Peer peer;

	private final Owner owner;

	private final Deque<Established> waiting = new ArrayDeque<>();

	private final Deque<List<Established>> sent = new ArrayDeque<>();

	private int unacknowledged;

	/**
	 * How many connections the successor could take when it last said so, less those that
	 * were sent since.
	 */
	private int room;

	/**
	 * How many connections the successor acknowledged.
	 */
	private long taken;

	private boolean flushing;

	private boolean closed;

	Outbox(ControlThread control, Peer peer, int room, Owner owner) {
		this.control = control;
		this.peer = peer;
		this.room = room;
		this.owner = owner;
	}

	/**
	 * Hand over a connection. May be called from any thread.
	 */
	void put(Established connection) {
		this.control.execute(() -> {
			this.waiting.add(connection);
			if (this.closed) {
				giveBackWaiting();
			}
			else if (!this.flushing) {
				// After what else comes at the same time, so that batches fill.
				this.flushing = true;
				this.control.execute(this::flush);
			}
		});
	}

	private void flush() {
		this.flushing = false;
		while (!this.closed && !this.waiting.isEmpty() && this.unacknowledged < WINDOW && this.room > 0) {
			List<Established> batch = new ArrayList<>();
			while (batch.size() < Math.min(Message.Handoff.BATCH, this.room) && !this.waiting.isEmpty()) {
				batch.add(this.waiting.remove());
			}
			if (!this.peer.send(new Message.Handoff(batch))) {
				// The connection is broken. The successor may live on, without these.
				close();
				batch.forEach(this.owner::giveBack);
				this.owner.moved();
				return;
			}
			this.sent.add(batch);
			this.unacknowledged += batch.size();
			this.room -= batch.size();
		}
		if (!this.closed && this.room <= 0 && this.sent.isEmpty()) {
			close();
			// Nothing is on its way any more, and no answer will say so.
			this.owner.moved();
		}
	}

	/**
	 * The successor answered the oldest batch.
	 * @return whether there was one
	 */
	boolean received(Message.Received message) {
		List<Established> batch = this.sent.poll();
		if (batch == null) {
			return false;
		}
		int taken = Math.min(message.taken(), batch.size());
		this.taken += taken;
		this.unacknowledged -= batch.size();
		this.room = message.room() - this.unacknowledged;
		batch.subList(0, taken).forEach((connection) -> connection.descriptor().close());
		List<Established> back = batch.subList(taken, batch.size());
		if (!back.isEmpty()) {
			this.owner.full();
			back.forEach(this.owner::giveBack);
		}
		flush();
		this.owner.moved();
		return true;
	}

	/**
	 * Send no more: what has not been sent is this process's again. What was sent is
	 * still answered.
	 */
	void close() {
		if (!this.closed) {
			this.closed = true;
			this.owner.full();
			giveBackWaiting();
		}
	}

	/**
	 * The successor is dead: all that it has not acknowledged is this process's again.
	 */
	void takeBack() {
		close();
		for (List<Established> batch = this.sent.poll(); batch != null; batch = this.sent.poll()) {
			batch.forEach(this.owner::giveBack);
		}
		this.unacknowledged = 0;
	}

	/**
	 * This process leaves, and cannot know whether the successor has what was sent and
	 * not acknowledged: it lets go of it. If the successor has it, it lives on there.
	 */
	void letGo() {
		close();
		for (List<Established> batch = this.sent.poll(); batch != null; batch = this.sent.poll()) {
			batch.forEach((connection) -> connection.descriptor().close());
		}
		this.unacknowledged = 0;
	}

	/**
	 * How many connections are the successor's, as it said itself.
	 */
	long taken() {
		return this.taken;
	}

	/**
	 * Whether nothing is on its way.
	 */
	boolean isEmpty() {
		return this.waiting.isEmpty() && this.sent.isEmpty();
	}

	private void giveBackWaiting() {
		for (Established next = this.waiting.poll(); next != null; next = this.waiting.poll()) {
			this.owner.giveBack(next);
		}
	}

	/**
	 * Who drains.
	 */
	interface Owner {

		/**
		 * A connection was not handed over, and is served on here.
		 */
		void giveBack(Established connection);

		/**
		 * No more connections can be handed over.
		 */
		void full();

		/**
		 * The successor acknowledged connections, or none will go to it any more.
		 */
		void moved();

	}

}
