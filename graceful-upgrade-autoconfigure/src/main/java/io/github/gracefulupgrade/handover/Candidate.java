package io.github.gracefulupgrade.handover;

import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A process that said HELLO and was welcome, as its incumbent sees it.
 */
final class Candidate {

	private final Peer peer;

	private final long pid;

	private final Instant since = Instant.now();

	private boolean waiting;

	private boolean lost;

	private @Nullable String failure;

	private List<String> listeners = List.of();

	private Set<String> connectable = Set.of();

	private int room;

	Candidate(Peer peer, long pid) {
		this.peer = peer;
		this.pid = pid;
	}

	Peer peer() {
		return this.peer;
	}

	long pid() {
		return this.pid;
	}

	OptionalLong optionalPid() {
		return OptionalLong.of(this.pid);
	}

	/**
	 * Whether it said that it is built, and waits.
	 */
	boolean isWaiting() {
		return this.waiting;
	}

	void waits() {
		this.waiting = true;
	}

	/**
	 * Whether there is no connection to it any more. It may live nevertheless.
	 */
	boolean isLost() {
		return this.lost;
	}

	void lost(String reason) {
		this.lost = true;
		this.peer.close();
		failed(reason);
	}

	/**
	 * It has taken listeners, and said which.
	 */
	void took(Message.Ready message) {
		this.listeners = message.listeners();
	}

	/**
	 * The names of the listeners that it took.
	 */
	List<String> listeners() {
		return this.listeners;
	}

	/**
	 * It accepts, and said what it can take.
	 */
	void accepts(Message.Accepting message) {
		this.connectable = Set.copyOf(message.connectable());
		this.room = message.room();
	}

	/**
	 * The names of the listeners whose connections it can take.
	 */
	Set<String> connectable() {
		return this.connectable;
	}

	/**
	 * How many connections it could take when it accepted.
	 */
	int room() {
		return this.room;
	}

	/**
	 * Something went wrong. What went wrong first is the reason for the rest.
	 */
	void failed(String reason) {
		if (this.failure == null) {
			this.failure = reason;
		}
	}

	String failure() {
		return (this.failure != null) ? this.failure : "it is gone";
	}

	Snapshot.Successor snapshot() {
		return new Snapshot.Successor(this.pid, this.since, this.waiting);
	}

}
