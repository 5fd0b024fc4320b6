package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * An incumbent that has released the lock for its successor: from COMMIT to its exit, or
 * to the moment that it is certain that nobody else serves, and it takes everything back.
 * A handover that succeeds is the chain {@link #commit} → {@link #accepting} →
 * {@link #drain} → {@link #drained} → {@link #leave}; the way back is {@link #lost} →
 * {@link #tryReclaim} → {@link #takeBack}.
 * <p>
 * One object for each time. All state is the control thread's. The ports do not throw,
 * see {@link ContainedPorts}.
 */
final class Resignation {

	/**
	 * How often a lock that another process holds is tried again.
	 */
	static final Duration LOCK_RETRY = Duration.ofMillis(50);

	private final Ports ports;

	private final Settings settings;

	private final Candidate successor;

	private final Attempts attempts;

	private final Shutdown shutdown;

	private final Owner owner;

	/**
	 * Ends the patience of the present state.
	 */
	private final Alarm deadline;

	private final Alarm reclaiming;

	private IncumbentState state = IncumbentState.COMMITTED;

	private @Nullable Departure departure;

	/**
	 * Create a resignation that is not yet handed in.
	 * @param ports what it needs of the world
	 * @param settings how long it waits for what
	 * @param successor who took the listeners
	 * @param attempts the attempts, one of which this is the outcome of
	 * @param shutdown whether somebody wants to shut this process down
	 * @param deadline the alarm of the ready timeout, which still runs
	 * @param owner told of what comes of it
	 */
	Resignation(Ports ports, Settings settings, Candidate successor, Attempts attempts, Shutdown shutdown,
			Alarm deadline, Owner owner) {
		this.ports = ports;
		this.settings = settings;
		this.successor = successor;
		this.attempts = attempts;
		this.shutdown = shutdown;
		this.deadline = deadline;
		this.owner = owner;
		this.reclaiming = new Alarm(ports.control());
	}

	// --- the way that succeeds

	void commit() {
		// In this order: when the successor reads COMMIT, the lock is free.
		this.ports.lock().release();
		become(IncumbentState.COMMITTED);
		this.successor.peer().send(new Message.Commit());
	}

	private void accepting() {
		this.reclaiming.off();
		this.ports.socket().retire();
		Departure departure = new Departure(this.ports, this.settings, this.successor, this::drained);
		this.departure = departure;
		departure.begin();
		become(IncumbentState.CLOSING);
		this.attempts.succeeded(this.successor);
		this.owner.replaced();
		if (this.shutdown.isWanted()) {
			drain(departure);
		}
		else {
			this.deadline.set(this.settings.closeTimeout(), () -> drain(departure));
		}
	}

	private void drain(Departure departure) {
		this.deadline.off();
		if (this.shutdown.isWanted()) {
			departure.doNotWaitForBackground();
		}
		departure.drain(this.shutdown.leftOf(this.settings.gracePeriod()));
		become(IncumbentState.DRAINING);
	}

	private void drained(Connections.Drained drained) {
		become(IncumbentState.LEAVING);
		if (this.successor.isLost()) {
			leaveOnceSomebodyServes();
			return;
		}
		this.deadline.set(Incumbent.PROMPT_ANSWER, this::leaveUnlessNobodyServes);
		Attempt last = this.attempts.last();
		this.successor.peer()
			.send(new Message.Farewell(drained, millis((last != null) ? last.duration() : Duration.ZERO),
					millis((this.departure != null) ? this.departure.drained() : Duration.ZERO)));
	}

	private static long millis(Duration duration) {
		return Math.max(0, duration.toMillis());
	}

	private void leave() {
		this.deadline.off();
		this.reclaiming.off();
		if (this.departure != null) {
			this.departure.leave();
		}
		become(IncumbentState.GONE);
		this.successor.peer().close();
		this.shutdown.mayGoOn();
		this.ports.exit().leave();
	}

	// --- the ways back

	/**
	 * The successor does not accept in time. It may hold the lock by now, and accept at
	 * any moment: then it won. Until one of the two is certain, this instance serves on.
	 */
	void doubt(String reason) {
		this.successor.failed(reason);
		reclaim();
	}

	/**
	 * The successor gave up, or its connection ended.
	 */
	void lost(String reason) {
		this.successor.lost(reason);
		IncumbentState before = this.state;
		switch (before) {
			case COMMITTED, CLOSING, DRAINING -> {
				this.ports.journal()
					.warn("Incumbent pid=%d lost successor pid=%d, to which it released the lock: %s"
						.formatted(this.settings.pid(), this.successor.pid(), reason));
				if (this.departure != null) {
					this.departure.handOverNoMore();
				}
				if (this.state == before) { // else that was the end of the drain
					reclaim();
				}
			}
			case LEAVING -> leaveOnceSomebodyServes();
			default -> {
			}
		}
	}

	private void reclaim() {
		if (this.state == IncumbentState.COMMITTED) {
			become(IncumbentState.RECLAIMING);
			// Whoever asked need not wait for a process that may be stopped for days.
			this.deadline.set(Incumbent.PROMPT_ANSWER,
					() -> this.attempts.failed(this.successor, this.successor.failure()));
		}
		tryReclaim();
	}

	private void leaveOnceSomebodyServes() {
		if (this.shutdown.isWanted()) {
			leave();
			return;
		}
		this.deadline.set(this.settings.readyTimeout(), this::leave);
		tryReclaim();
	}

	/**
	 * GOODBYE does not come. That says nothing; the lock does.
	 */
	private void leaveUnlessNobodyServes() {
		if (nobodyServes()) {
			takeBack();
		}
		else {
			leave();
		}
	}

	/**
	 * Try for the lock until it is clear who goes on. The kernel frees it when the
	 * successor is dead. As long as another process holds it, that one may be accepting,
	 * and this instance keeps to the state that it is in.
	 */
	private void tryReclaim() {
		this.reclaiming.off();
		if (nobodyServes()) {
			takeBack();
			return;
		}
		if (this.successor.isLost()) {
			if (this.state == IncumbentState.LEAVING && anotherServes()) {
				leave();
				return;
			}
			if (this.state == IncumbentState.RECLAIMING && anotherServes()) {
				// The word got lost, but the deed was done.
				accepting();
			}
		}
		this.reclaiming.set(LOCK_RETRY, this::tryReclaim);
	}

	/**
	 * Whether nobody serves, and the lock is this instance's again.
	 */
	private boolean nobodyServes() {
		if (!this.ports.lock().tryAcquire()) {
			return false;
		}
		if (!anotherServes()) {
			return true;
		}
		// The moment in which the successor hands over to a successor of its own.
		this.ports.lock().release();
		return false;
	}

	/**
	 * Whether a later generation answers at the path. This instance's own socket stands
	 * there until a successor accepted, and never afterwards.
	 */
	private boolean anotherServes() {
		return (this.departure != null) ? this.ports.socket().answers() : this.ports.socket().replaced();
	}

	private void takeBack() {
		Departure departure = this.departure;
		this.deadline.off();
		this.reclaiming.off();
		if (departure != null) {
			departure.takeBack(!this.shutdown.isWanted());
		}
		this.owner.tookBack(departure != null);
		this.successor.peer().close();
		this.attempts.failed(this.successor, this.successor.failure());
		if (departure != null) {
			this.attempts.undone(this.successor);
		}
	}

	// --- shutdown by somebody else

	/**
	 * Somebody wants to shut this process down.
	 */
	void shutDown() {
		switch (this.state) {
			// The successor takes over, or the lock says that it does not. Which of the
			// two is not worth more time than requests in flight are.
			case COMMITTED, RECLAIMING -> this.shutdown.atItsEnd(this::giveUp);
			case CLOSING -> {
				if (this.departure != null) {
					drain(this.departure);
				}
			}
			case DRAINING -> {
				if (this.departure != null) {
					this.departure.doNotWaitForBackground();
				}
			}
			case LEAVING -> {
				if (this.successor.isLost()) {
					leave();
				}
			}
			default -> this.shutdown.mayGoOn();
		}
	}

	private void giveUp() {
		if (this.state == IncumbentState.COMMITTED || this.state == IncumbentState.RECLAIMING) {
			this.reclaiming.off();
			this.owner.gaveUp();
		}
	}

	// --- what the successor says

	/**
	 * The successor sent something.
	 * @return whether it has a place in this state; if not, it is the caller's still
	 */
	boolean received(Message message) {
		if (message instanceof Message.Accepting accepting
				&& (this.state == IncumbentState.COMMITTED || this.state == IncumbentState.RECLAIMING)) {
			this.successor.accepts(accepting);
			accepting();
			return true;
		}
		if (message instanceof Message.Received received && this.departure != null) {
			return this.departure.received(received);
		}
		if (message instanceof Message.Enough && this.departure != null) {
			this.ports.journal()
				.info("Successor pid=%d has been replaced itself and takes no more connections of incumbent pid=%d"
					.formatted(this.successor.pid(), this.settings.pid()));
			this.departure.handOverNoMore();
			return true;
		}
		if (message instanceof Message.Goodbye && this.state == IncumbentState.LEAVING) {
			leave();
			return true;
		}
		return false;
	}

	// --- state

	/**
	 * The state, from {@link IncumbentState#COMMITTED} to {@link IncumbentState#GONE}.
	 */
	IncumbentState state() {
		return this.state;
	}

	@Nullable Instant drainDeadline() {
		return (this.departure != null) ? this.departure.deadline() : null;
	}

	private void become(IncumbentState state) {
		this.state = state;
		this.owner.changed();
	}

	/**
	 * The incumbent that resigns.
	 */
	interface Owner {

		/**
		 * The state is another one.
		 */
		void changed();

		/**
		 * The successor accepts.
		 */
		void replaced();

		/**
		 * The resignation is taken back: nobody else serves, and the lock is held.
		 * @param accepted whether the successor had accepted
		 */
		void tookBack(boolean accepted);

		/**
		 * It is not known who serves, and the process shuts down all the same.
		 */
		void gaveUp();

	}

}
