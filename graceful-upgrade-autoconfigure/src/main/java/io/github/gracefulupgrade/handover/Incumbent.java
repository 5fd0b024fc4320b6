package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import io.github.gracefulupgrade.handover.ControlThread.Timer;
import io.github.gracefulupgrade.handover.Message.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * The instance that owns the listeners, from the moment that it serves to its exit. A
 * handover that succeeds is the chain {@link #trigger} → {@link #offer} → {@link #ready}
 * → {@link #accepting} → {@link #drain} → {@link #drained} → {@link #goodbye} →
 * {@link Exit#leave()}; whatever goes wrong on the way leads back to {@link #serving}.
 * <p>
 * All state is the control thread's.
 */
final class Incumbent {

	/**
	 * How long a process that connected may take to say {@code HELLO}, and how long the
	 * successor may take to answer {@code FAREWELL}.
	 */
	static final Duration PROMPT_ANSWER = Duration.ofSeconds(5);

	/**
	 * How often a lock that another process holds is tried again.
	 */
	static final Duration LOCK_RETRY = Duration.ofMillis(50);

	/**
	 * How often a drain says what is left.
	 */
	static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(5);

	private static final Connections.Drained NOTHING = new Connections.Drained(0, 0, 0, 0, 0, 0);

	enum State {

		/**
		 * Not yet serving: the application is still being built.
		 */
		STARTING,

		/**
		 * Owns the lock and the listeners, and accepts.
		 */
		SERVING,

		/**
		 * OFFER sent, READY not received.
		 */
		OFFERED,

		/**
		 * Lock released, COMMIT sent, ACCEPTING not received.
		 */
		COMMITTED,

		/**
		 * As {@link #COMMITTED}, but the offer was taken back or the connection broke:
		 * whoever gets the lock goes on.
		 */
		RECLAIMING,

		/**
		 * The successor owns the listeners; both accept.
		 */
		CLOSING,

		/**
		 * The listeners are paused; requests in flight finish.
		 */
		DRAINING,

		/**
		 * FAREWELL sent, GOODBYE not received.
		 */
		LEAVING,

		/**
		 * Nothing left to do.
		 */
		GONE,

		/**
		 * Shuts down without a successor.
		 */
		STOPPING

	}

	private final Ports ports;

	private final Settings settings;

	private final Runnable changed;

	private State state = State.STARTING;

	/**
	 * Processes that connected and have not said who they are, with the timer that ends
	 * their time to do so.
	 */
	private final Map<Peer, Timer> strangers = new LinkedHashMap<>();

	private @Nullable Candidate successor;

	private @Nullable Pending pending;

	private @Nullable Handing handing;

	private @Nullable Attempt lastAttempt;

	private @Nullable Timer deadline;

	private @Nullable Timer reclaiming;

	private @Nullable Timer progress;

	private @Nullable Instant drainDeadline;

	private @Nullable Duration drainStart;

	private boolean backgroundStopped;

	/**
	 * The connections on their way to the successor, while there is a drain that can hand
	 * over any.
	 */
	private @Nullable Outbox outbox;

	/**
	 * What the drain came to so far: it goes on if connections come back that the
	 * successor could not take.
	 */
	private Connections.Drained drained = NOTHING;

	/**
	 * Whether the drain found nothing left, but the outbox is not empty.
	 */
	private boolean awaitingOutbox;

	private boolean cameBack;

	private int generation;

	/**
	 * Done when a shutdown that somebody else began (SIGTERM) may go on.
	 */
	private @Nullable CompletableFuture<Void> shutdown;

	private final Runnable replaced;

	/**
	 * Create the role.
	 * @param ports what it needs of the world
	 * @param settings how long it waits for what
	 * @param changed run after every change
	 * @param replaced run when a successor has taken over
	 */
	Incumbent(Ports ports, Settings settings, Runnable changed, Runnable replaced) {
		this.ports = ports;
		this.settings = settings;
		this.changed = changed;
		this.replaced = replaced;
	}

	// --- the way that succeeds

	/**
	 * The application serves: this instance is the incumbent now.
	 */
	void serve(int generation) {
		this.generation = generation;
		become(State.SERVING);
	}

	/**
	 * Somebody wants a handover.
	 * @param source who
	 * @param reply told of the outcome
	 */
	void trigger(Trigger source, CompletableFuture<Attempt> reply) {
		Candidate successor = this.successor;
		switch (this.state) {
			case SERVING -> {
				if (successor != null && successor.waiting) {
					offer(successor, source, reply);
				}
				else if (successor != null || source == Trigger.SIGNAL) {
					remember(source, reply);
				}
				else {
					refuse(source, reply, Outcome.NO_SUCCESSOR,
							"no successor waits at %s; start the new version with --upgrade first"
								.formatted(this.settings.path()));
				}
			}
			case STARTING -> refuse(source, reply, Outcome.REFUSED, "this instance does not serve yet");
			case OFFERED, COMMITTED, RECLAIMING ->
				refuse(source, reply, Outcome.REFUSED, "a handover to pid %d is under way".formatted(pidOf(successor)));
			case CLOSING, DRAINING, LEAVING, GONE -> refuse(source, reply, Outcome.REFUSED,
					"this instance has handed over to pid %d already".formatted(pidOf(successor)));
			case STOPPING -> refuse(source, reply, Outcome.REFUSED, "this instance is shutting down");
		}
	}

	private void offer(Candidate successor, Trigger source, CompletableFuture<Attempt> reply) {
		List<Message.Listener> listeners = this.ports.listeners().current();
		if (listeners.isEmpty()) {
			refuse(source, reply, Outcome.FAILED, "this instance has no listener that could be handed over");
			return;
		}
		this.handing = new Handing(this.ports.control().now(), reply);
		this.ports.journal()
			.info("%s: incumbent pid=%d offers %d listener(s) to successor pid=%d: %s".formatted(source.text,
					this.settings.pid(), listeners.size(), successor.pid,
					String.join(", ", listeners.stream().map((l) -> l.name() + " " + l.bound()).toList())));
		startDeadline(this.settings.readyTimeout(), this::readyTimeout);
		become(State.OFFERED);
		successor.peer.send(new Message.Offer(listeners, false));
	}

	private void ready(Candidate successor, Message.Ready message) {
		this.ports.journal()
			.info("Successor pid=%d took %d listener(s) (%s); incumbent pid=%d commits".formatted(successor.pid,
					message.listeners().size(), String.join(", ", message.listeners()), this.settings.pid()));
		// In this order: when the successor reads COMMIT, the lock is free.
		this.ports.lock().release();
		become(State.COMMITTED);
		successor.peer.send(new Message.Commit());
	}

	private void accepting(Candidate successor) {
		stopDeadline();
		stopReclaiming();
		this.ports.socket().retire();
		this.ports.exit().prepare();
		this.ports.background().stop(() -> this.ports.control().execute(this::backgroundStopped));
		become(State.CLOSING);
		succeed(successor);
		this.replaced.run();
		if (this.shutdown != null) {
			drain();
		}
		else {
			startDeadline(this.settings.closeTimeout(), this::drain);
		}
	}

	private void drain() {
		stopDeadline();
		this.ports.listeners().pause();
		Duration grace = this.settings.gracePeriod();
		this.drainStart = this.ports.control().now();
		this.drainDeadline = Instant.now().plus(grace);
		become(State.DRAINING);
		Connections.Progress left = this.ports.connections().progress();
		this.ports.journal()
			.info("Incumbent pid=%d accepts no more and drains into pid=%d: %d connection(s), %d request(s) in flight, at most %s"
				.formatted(this.settings.pid(), pidOf(this.successor), left.connections(), left.requests(),
						text(grace)));
		startProgress();
		this.drained = NOTHING;
		this.outbox = outbox(this.successor);
		drainFor(grace);
	}

	private void drainFor(Duration grace) {
		Outbox outbox = this.outbox;
		Candidate successor = this.successor;
		Connections.Plan plan = (outbox != null && successor != null)
				? new Connections.Plan(grace, false, successor.connectable, outbox::put)
				: new Connections.Plan(grace, false, Set.of(), (connection) -> connection.descriptor().close());
		this.awaitingOutbox = false;
		this.cameBack = false;
		this.ports.connections().drain(plan, (drained) -> this.ports.control().execute(() -> drained(drained)));
	}

	private @Nullable Outbox outbox(@Nullable Candidate successor) {
		if (successor == null || successor.connectable.isEmpty() || successor.isReplaced || connectionIsLost()) {
			return null;
		}
		return new Outbox(this.ports.control(), successor.peer, successor.room, new Outbox.Owner() {

			@Override
			public void giveBack(Connections.Established connection) {
				Incumbent.this.cameBack = true;
				Incumbent.this.ports.connections().adopt(connection);
			}

			@Override
			public void full() {
				Incumbent.this.ports.connections().stopHandingOver();
			}

			@Override
			public void moved() {
				if (Incumbent.this.awaitingOutbox) {
					finishDrain();
				}
			}

		});
	}

	private void drained(Connections.Drained drained) {
		if (this.state != State.DRAINING) {
			return; // taken back meanwhile
		}
		this.drained = this.drained.plus(drained);
		this.awaitingOutbox = true;
		finishDrain();
	}

	/**
	 * All connections are closed or in the outbox. Wait until the successor has
	 * acknowledged them, and drain those that it gave back.
	 */
	private void finishDrain() {
		Outbox outbox = this.outbox;
		Duration left = timeLeft();
		if (outbox != null && !outbox.isEmpty() && !connectionIsLost()) {
			if (this.deadline == null) {
				startDeadline(left.plus(PROMPT_ANSWER), this::leave);
			}
			return;
		}
		if (this.cameBack && !left.isZero()) {
			stopDeadline();
			drainFor(left);
			return;
		}
		leaveDrained(this.drained);
	}

	private Duration timeLeft() {
		Duration passed = this.ports.control().now().minus((this.drainStart != null) ? this.drainStart : Duration.ZERO);
		Duration left = this.settings.gracePeriod().minus(passed);
		return left.isNegative() ? Duration.ZERO : left;
	}

	private void leaveDrained(Connections.Drained drained) {
		stopDeadline();
		stopProgress();
		Duration took = this.ports.control().now().minus((this.drainStart != null) ? this.drainStart : Duration.ZERO);
		String line = ("Incumbent pid=%d drained in %s: %d request(s) finished, %d cut; %d connection(s) handed over, %d closed"
				+ " after a response that said so, %d HTTP/2 told to go away, %d WebSocket(s) closed;"
				+ " successor pid=%d goes on alone")
			.formatted(this.settings.pid(), text(took), drained.finished(), drained.cut(), drained.handedOver(),
					drained.announced(), drained.goneAway(), drained.webSockets(), pidOf(this.successor));
		if (drained.cut() > 0) {
			this.ports.journal().warn(line);
		}
		else {
			this.ports.journal().info(line);
		}
		become(State.LEAVING);
		if (this.successor == null || connectionIsLost()) {
			// The connection broke, and the lock says that the successor lives.
			leave();
			return;
		}
		startDeadline(PROMPT_ANSWER, this::leave);
		this.successor.peer.send(new Message.Farewell(drained.finished(), drained.cut()));
	}

	private void backgroundStopped() {
		this.backgroundStopped = true;
		if (this.state == State.GONE) {
			this.ports.exit().leave();
		}
	}

	private void goodbye() {
		leave();
	}

	private void leave() {
		stopDeadline();
		stopReclaiming();
		stopProgress();
		if (this.outbox != null) {
			this.outbox.letGo();
		}
		become(State.GONE);
		if (this.successor != null) {
			this.successor.peer.close();
		}
		completeShutdown();
		if (this.backgroundStopped) {
			this.ports.exit().leave();
		}
	}

	// --- the ways back

	private void readyTimeout() {
		Candidate successor = this.successor;
		if (successor == null) {
			return;
		}
		String reason = "successor pid=%d did not accept within %s (pingora.ready-timeout)".formatted(successor.pid,
				text(this.settings.readyTimeout()));
		boolean offered = (this.state == State.OFFERED);
		successor.peer.send(new Message.Withdrawn(false, reason));
		if (offered && this.state == State.OFFERED) {
			successor.peer.close();
			this.successor = null;
			fail(successor.pid, reason);
			become(State.SERVING);
		}
		else if (this.state == State.COMMITTED) {
			// It may hold the lock by now, and accept at any moment: then it won. Until
			// one of the two is certain, this instance serves on.
			fail(successor.pid, reason);
			reclaim();
		}
	}

	/**
	 * The successor said that it gives up, or its connection ended.
	 */
	private void lost(Candidate successor, String reason) {
		switch (this.state) {
			case SERVING -> {
				this.successor = null;
				this.ports.journal()
					.info("Successor pid=%d is gone before incumbent pid=%d handed over: %s".formatted(successor.pid,
							this.settings.pid(), reason));
				if (this.pending != null && this.pending.source == Trigger.REQUEST) {
					expire("successor pid=%d is gone before it was ready: %s".formatted(successor.pid, reason));
				}
				this.changed.run();
			}
			case OFFERED -> {
				stopDeadline();
				this.successor = null;
				fail(successor.pid, reason);
				become(State.SERVING);
			}
			case COMMITTED, CLOSING, DRAINING, LEAVING -> {
				if (this.handing != null) {
					fail(successor.pid, reason);
				}
				successor.lostBecause = reason;
				if (this.outbox != null) {
					this.outbox.close();
				}
				if (!successor.isReplaced) {
					reclaim();
				}
				else if (this.state == State.LEAVING) {
					leave();
				}
				if (this.awaitingOutbox && this.state == State.DRAINING) {
					finishDrain();
				}
			}
			case RECLAIMING -> successor.lostBecause = reason;
			case STARTING, GONE, STOPPING -> {
			}
		}
	}

	/**
	 * Try for the lock until it is clear who goes on. The kernel frees it when the
	 * successor is dead, so getting it is the proof; as long as another process holds it,
	 * that one may be accepting, and this instance keeps to the state that it is in.
	 */
	private void reclaim() {
		if (this.state == State.COMMITTED) {
			stopDeadline();
			become(State.RECLAIMING);
		}
		else if (this.state == State.LEAVING) {
			stopDeadline();
			startDeadline(PROMPT_ANSWER, this::leave);
		}
		tryReclaim();
	}

	private void tryReclaim() {
		stopReclaiming();
		Candidate successor = this.successor;
		if (this.ports.lock().tryAcquire()) {
			takeBack();
		}
		else if (this.state == State.RECLAIMING && successor != null && connectionIsLost()
				&& this.ports.socket().replaced()) {
			// The word got lost, but the deed was done: another process holds the lock,
			// and answers at the path.
			accepting(successor);
			this.reclaiming = this.ports.control().after(LOCK_RETRY, this::tryReclaim);
		}
		else {
			this.reclaiming = this.ports.control().after(LOCK_RETRY, this::tryReclaim);
		}
	}

	private boolean connectionIsLost() {
		return this.successor != null && this.successor.lostBecause != null;
	}

	private void takeBack() {
		Candidate successor = this.successor;
		boolean accepted = (this.state != State.RECLAIMING);
		stopDeadline();
		stopReclaiming();
		stopProgress();
		this.drainDeadline = null;
		if (successor != null) {
			successor.peer.close();
		}
		this.successor = null;
		if (accepted) {
			this.ports.connections().cancelDrain();
			this.awaitingOutbox = false;
			if (this.outbox != null) {
				this.outbox.takeBack();
				this.outbox = null;
			}
			this.ports.listeners().resume();
			this.ports.background().start();
			this.ports.exit().cancel();
			this.backgroundStopped = false;
			String reason = (successor != null && successor.lostBecause != null) ? successor.lostBecause : "it is gone";
			this.lastAttempt = new Attempt(Outcome.FAILED,
					"successor pid=%d took over, but did not live: %s".formatted(pidOf(successor), reason),
					Duration.ZERO, optionalPid(successor));
		}
		if (this.shutdown != null) {
			stop();
			return;
		}
		try {
			this.ports.socket().publish();
		}
		catch (UpgradeException ex) {
			this.ports.journal()
				.warn("Incumbent pid=%d serves, but cannot be upgraded: %s".formatted(this.settings.pid(),
						ex.getMessage()));
		}
		this.ports.pidFile().write();
		become(State.SERVING);
		this.ports.journal()
			.warn("Successor pid=%d is gone; incumbent pid=%d owns the listeners again and %s"
				.formatted(pidOf(successor), this.settings.pid(), accepted ? "accepts again" : "serves on"));
	}

	// --- shutdown by somebody else

	/**
	 * The application context closes, by SIGTERM or by the application's own wish.
	 * @param done completed when it may go on: at once, unless a successor is taking over
	 * right now
	 */
	void shutDown(CompletableFuture<Void> done) {
		Candidate successor = this.successor;
		switch (this.state) {
			case STARTING, SERVING, OFFERED -> {
				stopDeadline();
				expire("this instance is shutting down");
				String reason = "incumbent pid=%d is shutting down".formatted(this.settings.pid());
				if (successor != null) {
					successor.peer.send(new Message.Withdrawn(true, reason));
					successor.peer.close();
					this.successor = null;
					if (this.handing != null) {
						fail(successor.pid, reason);
					}
				}
				this.shutdown = done;
				stop();
			}
			case COMMITTED, RECLAIMING -> {
				// The successor takes over, or the lock says that it does not. Which of
				// the two is not worth more time than requests in flight are.
				this.shutdown = done;
				this.ports.control().after(this.settings.gracePeriod(), this::stop);
			}
			case DRAINING, LEAVING -> this.shutdown = done;
			case CLOSING -> {
				this.shutdown = done;
				drain();
			}
			case GONE, STOPPING -> done.complete(null);
		}
	}

	private void stop() {
		if (this.state == State.GONE || this.state == State.DRAINING || this.state == State.LEAVING) {
			return; // the drain's end completes the shutdown
		}
		stopDeadline();
		stopReclaiming();
		// From here on, an empty path and a held lock tell who comes that this instance
		// is on its way out.
		this.ports.socket().retire();
		become(State.STOPPING);
		completeShutdown();
	}

	private void completeShutdown() {
		if (this.shutdown != null) {
			this.shutdown.complete(null);
		}
	}

	// --- peers

	void connected(Peer peer) {
		Timer timer = this.ports.control().after(PROMPT_ANSWER, () -> {
			this.strangers.remove(peer);
			this.ports.journal()
				.warn("A process connected to %s of incumbent pid=%d and said nothing for %s; closed"
					.formatted(this.settings.path(), this.settings.pid(), text(PROMPT_ANSWER)));
			peer.close();
		});
		this.strangers.put(peer, timer);
	}

	void received(Peer peer, Message message) {
		Candidate successor = this.successor;
		if (successor != null && successor.peer == peer) {
			receivedFromSuccessor(successor, message);
			return;
		}
		Timer timer = this.strangers.remove(peer);
		if (timer != null) {
			timer.cancel();
			if (message instanceof Message.Hello hello) {
				hello(peer, hello);
				return;
			}
			this.ports.journal()
				.warn("A process connected to %s of incumbent pid=%d and began with %s instead of HELLO; closed"
					.formatted(this.settings.path(), this.settings.pid(), message.kind()));
			peer.close();
		}
		Message.discard(message);
	}

	private void hello(Peer peer, Message.Hello hello) {
		long pid = this.settings.pid();
		if (hello.version() != Message.PROTOCOL_VERSION) {
			refuse(peer, hello, Refusal.VERSION, pid,
					"incumbent pid=%d speaks version %d of the protocol, pid=%d speaks version %d".formatted(pid,
							Message.PROTOCOL_VERSION, hello.pid(), hello.version()));
		}
		else if (this.state == State.STARTING) {
			// Its own take-over is not complete: who comes now comes again.
			peer.close();
		}
		else if (this.state == State.SERVING && this.successor == null) {
			this.successor = new Candidate(peer, hello.pid(), hello.application(), Instant.now());
			this.ports.journal()
				.info("Successor pid=%d (%s) connected to incumbent pid=%d and is being built".formatted(hello.pid(),
						hello.application(), pid));
			peer.send(new Message.Welcome(Message.PROTOCOL_VERSION, pid, this.generation));
			this.changed.run();
		}
		else if (this.state == State.SERVING || this.state == State.OFFERED || this.state == State.COMMITTED
				|| this.state == State.RECLAIMING) {
			refuse(peer, hello, Refusal.BUSY, pidOf(this.successor),
					"successor pid=%d is already there".formatted(pidOf(this.successor)));
		}
		else {
			refuse(peer, hello, Refusal.LEAVING, pid,
					"incumbent pid=%d is %s".formatted(pid, (this.state == State.STOPPING) ? "shutting down"
							: "handed over to pid=" + pidOf(this.successor) + " already"));
		}
	}

	private void refuse(Peer peer, Message.Hello hello, Refusal reason, long pid, String text) {
		this.ports.journal()
			.warn("Incumbent pid=%d refused successor pid=%d: %s".formatted(this.settings.pid(), hello.pid(), text));
		peer.send(new Message.Refused(reason, pid, text));
		peer.close();
	}

	private void receivedFromSuccessor(Candidate successor, Message message) {
		if (message instanceof Message.Failed failed) {
			lostAfterFailed(successor, failed);
		}
		else if (message instanceof Message.Waiting && this.state == State.SERVING && !successor.waiting) {
			waiting(successor);
		}
		else if (message instanceof Message.Ready ready && this.state == State.OFFERED) {
			ready(successor, ready);
		}
		else if (message instanceof Message.Accepting accepting
				&& (this.state == State.COMMITTED || this.state == State.RECLAIMING)) {
			successor.connectable = Set.copyOf(accepting.connectable());
			successor.room = accepting.room();
			accepting(successor);
		}
		else if (message instanceof Message.Received received && this.outbox != null
				&& this.outbox.received(received)) {
			return;
		}
		else if (message instanceof Message.Enough
				&& (this.state == State.CLOSING || this.state == State.DRAINING || this.state == State.LEAVING)) {
			enough(successor);
		}
		else if (message instanceof Message.Goodbye && this.state == State.LEAVING) {
			goodbye();
		}
		else {
			Message.discard(message);
			this.ports.journal()
				.warn("Successor pid=%d sent %s, which has no place in state %s of incumbent pid=%d; connection closed"
					.formatted(successor.pid, message.kind(), this.state, this.settings.pid()));
			successor.peer.close();
			lost(successor, "it sent " + message.kind() + " out of turn");
		}
	}

	/**
	 * The successor has a successor itself. What moves to it from here on would have to
	 * move again.
	 */
	private void enough(Candidate successor) {
		successor.isReplaced = true;
		if (this.outbox != null) {
			this.outbox.close();
		}
		this.ports.journal()
			.info("Successor pid=%d has been replaced itself; incumbent pid=%d drains on without it"
				.formatted(successor.pid, this.settings.pid()));
	}

	private void lostAfterFailed(Candidate successor, Message.Failed failed) {
		successor.peer.close();
		lost(successor, failed.reason());
	}

	private void waiting(Candidate successor) {
		successor.waiting = true;
		this.ports.journal()
			.info("Successor pid=%d is ready and waits for incumbent pid=%d to hand over; trigger it with: kill -QUIT %d"
				.formatted(successor.pid, this.settings.pid(), this.settings.pid()));
		this.changed.run();
		Pending pending = this.pending;
		if (pending != null) {
			pending.timer.cancel();
			this.pending = null;
			offer(successor, pending.source, pending.reply);
		}
	}

	void disconnected(Peer peer, String reason) {
		Timer timer = this.strangers.remove(peer);
		if (timer != null) {
			timer.cancel();
			if (!reason.isEmpty()) {
				this.ports.journal()
					.warn("A process connected to %s of incumbent pid=%d, but it was no successor: %s"
						.formatted(this.settings.path(), this.settings.pid(), reason));
			}
			return;
		}
		Candidate successor = this.successor;
		if (successor != null && successor.peer == peer && successor.lostBecause == null) {
			lost(successor, reason);
		}
	}

	// --- triggers that wait

	private void remember(Trigger source, CompletableFuture<Attempt> reply) {
		if (this.pending != null && source == Trigger.REQUEST) {
			refuse(source, reply, Outcome.REFUSED, "a trigger is already remembered");
			return;
		}
		Trigger remembered = source;
		CompletableFuture<Attempt> answer = reply;
		if (this.pending != null) {
			// Only one is remembered. A second signal gives the first a new window.
			this.pending.timer.cancel();
			remembered = this.pending.source;
			answer = this.pending.reply;
			reply.complete(new Attempt(Outcome.REFUSED, "a trigger is already remembered", Duration.ZERO,
					OptionalLong.empty()));
		}
		Timer timer = this.ports.control()
			.after(this.settings.triggerWindow(),
					() -> expire("no successor was ready within %s (pingora.trigger-window)"
						.formatted(text(this.settings.triggerWindow()))));
		this.pending = new Pending(remembered, answer, timer);
		Candidate successor = this.successor;
		this.ports.journal()
			.info("%s: incumbent pid=%d has no successor that waits%s; remembered for %s".formatted(
					source.text, this.settings.pid(), (successor != null)
							? " (pid=" + successor.pid + " is still being built)" : ", start it with --upgrade",
					text(this.settings.triggerWindow())));
	}

	private void expire(String reason) {
		Pending pending = this.pending;
		if (pending == null) {
			return;
		}
		pending.timer.cancel();
		this.pending = null;
		refuse(pending.source, pending.reply, Outcome.NO_SUCCESSOR, reason);
	}

	private void refuse(Trigger source, CompletableFuture<Attempt> reply, Outcome outcome, String reason) {
		this.ports.journal()
			.info("%s: incumbent pid=%d does not hand over: %s".formatted(source.text, this.settings.pid(), reason));
		Attempt attempt = new Attempt(outcome, reason, Duration.ZERO, OptionalLong.empty());
		if (outcome == Outcome.FAILED || (outcome == Outcome.NO_SUCCESSOR && this.state == State.SERVING)) {
			this.lastAttempt = attempt;
			this.changed.run();
		}
		reply.complete(attempt);
	}

	// --- outcomes

	private void succeed(@Nullable Candidate successor) {
		Duration took = took();
		this.ports.journal()
			.info("Handed over: successor pid=%d accepts, %s after the trigger; incumbent pid=%d accepts for another %s"
				.formatted(pidOf(successor), text(took), this.settings.pid(), text(this.settings.closeTimeout())));
		end(new Attempt(Outcome.HANDED_OVER, "successor pid=%d accepts".formatted(pidOf(successor)), took,
				optionalPid(successor)));
	}

	private void fail(long successor, String reason) {
		Duration took = took();
		this.ports.journal()
			.warn("Upgrade failed after %s: %s; incumbent pid=%d serves on, successor was pid=%d".formatted(text(took),
					reason, this.settings.pid(), successor));
		end(new Attempt(Outcome.FAILED, reason, took, OptionalLong.of(successor)));
	}

	private void end(Attempt attempt) {
		this.lastAttempt = attempt;
		this.changed.run();
		Handing handing = this.handing;
		this.handing = null;
		if (handing != null) {
			handing.reply.complete(attempt);
		}
	}

	private Duration took() {
		Handing handing = this.handing;
		return (handing != null) ? this.ports.control().now().minus(handing.start) : Duration.ZERO;
	}

	// --- state

	State state() {
		return this.state;
	}

	Phase phase() {
		return switch (this.state) {
			case STARTING -> Phase.STARTING;
			case SERVING -> Phase.SERVING;
			case OFFERED, COMMITTED, RECLAIMING -> Phase.HANDING_OVER;
			case CLOSING -> Phase.CLOSING;
			case DRAINING, LEAVING -> Phase.DRAINING;
			case GONE -> Phase.GONE;
			case STOPPING -> Phase.STOPPING;
		};
	}

	Snapshot.@Nullable Successor successor() {
		Candidate successor = this.successor;
		return (successor != null) ? new Snapshot.Successor(successor.pid, successor.since, successor.waiting) : null;
	}

	@Nullable Attempt lastAttempt() {
		return this.lastAttempt;
	}

	@Nullable Instant drainDeadline() {
		return (this.state == State.DRAINING) ? this.drainDeadline : null;
	}

	private void become(State state) {
		this.state = state;
		this.changed.run();
	}

	private void startDeadline(Duration delay, Runnable task) {
		stopDeadline();
		this.deadline = this.ports.control().after(delay, task);
	}

	private void stopDeadline() {
		if (this.deadline != null) {
			this.deadline.cancel();
			this.deadline = null;
		}
	}

	private void stopReclaiming() {
		if (this.reclaiming != null) {
			this.reclaiming.cancel();
			this.reclaiming = null;
		}
	}

	private void startProgress() {
		this.progress = this.ports.control().after(PROGRESS_INTERVAL, () -> {
			Connections.Progress left = this.ports.connections().progress();
			Duration passed = this.ports.control()
				.now()
				.minus((this.drainStart != null) ? this.drainStart : Duration.ZERO);
			this.ports.journal()
				.info("Incumbent pid=%d drains into pid=%d: %d connection(s), %d request(s) left, %s of %s passed"
					.formatted(this.settings.pid(), pidOf(this.successor), left.connections(), left.requests(),
							text(passed), text(this.settings.gracePeriod())));
			startProgress();
		});
	}

	private void stopProgress() {
		if (this.progress != null) {
			this.progress.cancel();
			this.progress = null;
		}
	}

	private static long pidOf(@Nullable Candidate candidate) {
		return (candidate != null) ? candidate.pid : -1;
	}

	private static OptionalLong optionalPid(@Nullable Candidate candidate) {
		return (candidate != null) ? OptionalLong.of(candidate.pid) : OptionalLong.empty();
	}

	static String text(Duration duration) {
		long millis = duration.toMillis();
		return (millis < 10_000) ? millis + " ms" : (millis / 1000) + " s";
	}

	/**
	 * Who can ask for a handover.
	 */
	enum Trigger {

		/**
		 * SIGQUIT.
		 */
		SIGNAL("SIGQUIT"),

		/**
		 * The actuator endpoint, or the application itself.
		 */
		REQUEST("Request");

		private final String text;

		Trigger(String text) {
			this.text = text;
		}

	}

	/**
	 * A process that said HELLO and was welcome.
	 */
	private static final class Candidate {

		private final Peer peer;

		private final long pid;

		private final String application;

		private final Instant since;

		private boolean waiting;

		private @Nullable String lostBecause;

		private Set<String> connectable = Set.of();

		private int room;

		private boolean isReplaced;

		Candidate(Peer peer, long pid, String application, Instant since) {
			this.peer = peer;
			this.pid = pid;
			this.application = application;
			this.since = since;
		}

		@Override
		public String toString() {
			return this.application + " pid=" + this.pid;
		}

	}

	/**
	 * A trigger that waits for a successor.
	 */
	private record Pending(Trigger source, CompletableFuture<Attempt> reply, Timer timer) {
	}

	/**
	 * The attempt that is under way.
	 */
	private record Handing(Duration start, CompletableFuture<Attempt> reply) {
	}

}
