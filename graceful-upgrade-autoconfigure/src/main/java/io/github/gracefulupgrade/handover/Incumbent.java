package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The instance that owns the listeners, from the moment that it serves to its exit. A
 * handover that succeeds is the chain {@link #trigger} → {@link #offer} →
 * {@link #gathered} → {@link #ready}, and goes on in the {@link Resignation}, which
 * begins with the release of the lock; whatever goes wrong on the way leads back to
 * {@link IncumbentState#SERVING}.
 * <p>
 * All state is the control thread's. The ports do not throw, see {@link ContainedPorts}.
 */
final class Incumbent implements Resignation.Owner {

	/**
	 * How long a process that connected may take to say {@code HELLO}, and how long the
	 * successor may take to answer {@code FAREWELL} or {@code WITHDRAWN}.
	 */
	static final Duration PROMPT_ANSWER = Duration.ofSeconds(5);

	private static final String NO_LISTENER = "this instance has no listener that could be handed over";

	private final Ports ports;

	private final Settings settings;

	private final Runnable changed;

	private final Runnable replaced;

	private final Strangers strangers;

	private final Reception reception;

	private final Spawning spawning;

	private final Attempts attempts;

	private final RememberedTrigger remembered;

	/**
	 * Ends the patience of the present state.
	 */
	private final Alarm deadline;

	private final Shutdown shutdown;

	/**
	 * The state, unless this instance has resigned: then it is the resignation's.
	 */
	private IncumbentState state = IncumbentState.STARTING;

	private @Nullable Candidate successor;

	private @Nullable Resignation resignation;

	private int generation;

	/**
	 * Create the role.
	 * @param ports what it needs of the world
	 * @param settings how long it waits for what
	 * @param changed run after every change
	 * @param replaced run when a successor has taken over
	 */
	Incumbent(Ports ports, Settings settings, Runnable changed, Runnable replaced) {
		this.replaced = replaced;
		this.ports = ports;
		this.settings = settings;
		this.changed = changed;
		this.strangers = new Strangers(ports, settings);
		this.spawning = new Spawning(ports, settings, changed);
		this.reception = new Reception(ports, settings, this.spawning::isToEnd);
		this.attempts = new Attempts(ports, settings, this.spawning, changed);
		this.remembered = new RememberedTrigger(ports, settings, this.attempts);
		this.deadline = new Alarm(ports.control());
		this.shutdown = new Shutdown(ports.control(), settings.gracePeriod());
	}

	// --- the way that succeeds

	/**
	 * The application serves: this instance is the incumbent now.
	 */
	void serve(int generation) {
		this.generation = generation;
		become(IncumbentState.SERVING);
	}

	/**
	 * Somebody wants a handover.
	 */
	void trigger(Trigger trigger) {
		Candidate successor = this.successor;
		switch (state()) {
			case SERVING -> {
				if (successor == null) {
					// Somebody may have removed it, and no successor could connect.
					this.ports.socket().restore();
				}
				if (this.spawning.isUnderWay()) {
					this.attempts.refuse(trigger, Outcome.REFUSED, this.spawning.name() + " is not ready yet");
				}
				else if (successor != null && successor.isWaiting()) {
					offer(successor, trigger);
				}
				else if (successor == null && trigger.startsSuccessor() && this.ports.spawner().isEnabled()) {
					this.attempts.begin(trigger);
					this.spawning.begin(trigger, (reason) -> attemptFailed(null, reason));
				}
				else if (successor != null || trigger.isSignal()) {
					this.remembered.remember(trigger, successor);
				}
				else {
					this.attempts.refuse(trigger, Outcome.NO_SUCCESSOR,
							"no successor waits at %s; start the new version with --upgrade first"
								.formatted(this.settings.path()));
				}
			}
			case STARTING -> this.attempts.refuse(trigger, Outcome.REFUSED, "this instance does not serve yet");
			case GATHERING, OFFERED, COMMITTED, RECLAIMING -> this.attempts.refuse(trigger, Outcome.REFUSED,
					"a handover to pid %d is under way".formatted(pidOf(successor)));
			case CLOSING, DRAINING, LEAVING, GONE -> this.attempts.refuse(trigger, Outcome.REFUSED,
					"this instance has handed over to pid %d already".formatted(pidOf(successor)));
			case STOPPING -> this.attempts.refuse(trigger, Outcome.REFUSED, "this instance is shutting down");
		}
	}

	private void offer(Candidate successor, Trigger trigger) {
		this.attempts.begin(trigger);
		this.spawning.decided(successor);
		List<Message.Listener> listeners = this.ports.listeners().current();
		if (listeners.isEmpty()) {
			attemptFailed(successor, NO_LISTENER);
			return;
		}
		this.deadline.set(this.settings.readyTimeout(), () -> readyTimeout(successor));
		become(IncumbentState.GATHERING);
		this.ports.belongings().gather((items) -> this.ports.control().execute(() -> gathered(successor, items)));
		// Here and below: what the other one waits for comes before the line in the log.
		this.ports.journal()
			.info("%s: incumbent pid=%d offers %d listener(s) to successor pid=%d: %s".formatted(trigger,
					this.settings.pid(), listeners.size(), successor.pid(),
					String.join(", ", listeners.stream().map((l) -> l.name() + " " + l.bound()).toList())));
	}

	private void gathered(Candidate successor, List<Belongings.Item> items) {
		if (state() != IncumbentState.GATHERING || this.successor != successor) {
			return; // given up meanwhile
		}
		// Again: what is lent is a number, which means something else once a server has
		// stopped, and to gather may take seconds.
		List<Message.Listener> listeners = this.ports.listeners().current();
		if (listeners.isEmpty()) {
			this.deadline.off();
			become(IncumbentState.SERVING);
			attemptFailed(successor, NO_LISTENER);
			return;
		}
		become(IncumbentState.OFFERED);
		Luggage.send(items, successor.peer()::send);
		Luggage.send(this.spawning.streams(successor), successor.peer()::send);
		successor.peer().send(new Message.Offer(listeners, false));
	}

	private void ready(Candidate successor, Message.Ready message) {
		if (message.listeners().isEmpty()) {
			lost(successor, "it is READY without any listener");
			return;
		}
		successor.took(message);
		Resignation resignation = new Resignation(this.ports, this.settings, successor, this.attempts, this.shutdown,
				this.deadline, this);
		this.resignation = resignation;
		resignation.commit();
		this.ports.journal()
			.info("Successor pid=%d took %d listener(s) (%s); incumbent pid=%d commits".formatted(successor.pid(),
					message.listeners().size(), String.join(", ", message.listeners()), this.settings.pid()));
	}

	@Override
	public void replaced() {
		this.replaced.run();
	}

	// --- the ways back

	/**
	 * An attempt failed while this instance serves. If the successor is the process that
	 * was started for it, that one was told to end, and nothing may be handed over to it
	 * any more.
	 */
	private void attemptFailed(@Nullable Candidate candidate, String reason) {
		this.attempts.failed(candidate, reason);
		Candidate successor = this.successor;
		if (successor != null && this.spawning.isToEnd(successor.pid())) {
			successor.peer().send(new Message.Withdrawn(false, reason));
			lost(successor, reason);
		}
	}

	private void readyTimeout(Candidate successor) {
		String reason = "successor pid=%d did not accept within %s (pingora.ready-timeout)".formatted(successor.pid(),
				text(this.settings.readyTimeout()));
		successor.peer().send(new Message.Withdrawn(false, reason));
		if (this.resignation != null) {
			this.resignation.doubt(reason);
		}
		else {
			lost(successor, reason);
		}
	}

	/**
	 * The successor gave up, was given up, or its connection ended.
	 */
	private void lost(Candidate successor, String reason) {
		if (successor.isLost()) {
			return;
		}
		if (this.resignation != null) {
			this.resignation.lost(reason);
			return;
		}
		successor.lost(reason);
		switch (this.state) {
			case SERVING -> {
				this.successor = null;
				this.ports.journal()
					.info("Successor pid=%d is gone before incumbent pid=%d handed over: %s".formatted(successor.pid(),
							this.settings.pid(), reason));
				changed();
				this.spawning.lost(successor, reason);
				this.remembered.successorFailed(reason);
			}
			case GATHERING, OFFERED -> {
				this.deadline.off();
				this.successor = null;
				become(IncumbentState.SERVING);
				this.attempts.failed(successor, reason);
			}
			default -> {
			}
		}
	}

	@Override
	public void tookBack(boolean accepted) {
		Candidate successor = this.successor;
		this.successor = null;
		this.resignation = null;
		if (this.shutdown.isWanted()) {
			stop(successor);
			return;
		}
		this.ports.socket().publish();
		this.ports.pidFile().write();
		become(IncumbentState.SERVING);
		this.ports.journal()
			.warn("Successor pid=%d is gone; incumbent pid=%d owns the listeners again and %s"
				.formatted(pidOf(successor), this.settings.pid(), accepted ? "accepts again" : "serves on"));
	}

	// --- shutdown by somebody else

	/**
	 * The application context closes, by SIGTERM or by the application's own wish.
	 * @param done completed when it may go on: at once, unless a successor is taking over
	 * right now, which then comes first, for at most the grace period
	 */
	void shutDown(CompletableFuture<Void> done) {
		if (!this.shutdown.want(done)) {
			return;
		}
		if (this.resignation != null) {
			this.resignation.shutDown();
			return;
		}
		Candidate successor = this.successor;
		switch (this.state) {
			case STARTING, SERVING, GATHERING, OFFERED -> {
				this.remembered.forget(Outcome.REFUSED, "this instance is shutting down");
				this.successor = null;
				if (successor != null) {
					String reason = "incumbent pid=%d is shutting down".formatted(this.settings.pid());
					successor.peer().send(new Message.Withdrawn(true, reason));
					successor.lost(reason);
				}
				stop(successor);
			}
			default -> this.shutdown.mayGoOn();
		}
	}

	@Override
	public void gaveUp() {
		this.resignation = null;
		Candidate successor = this.successor;
		this.spawning.letGo((successor != null) ? successor.optionalPid() : OptionalLong.empty());
		stop(successor);
	}

	private void stop(@Nullable Candidate successor) {
		this.deadline.off();
		// From here on, an empty path and a held lock tell who comes that this instance
		// is on its way out.
		this.ports.socket().retire();
		become(IncumbentState.STOPPING);
		this.shutdown.mayGoOn();
		this.attempts.failed(successor, "incumbent pid=%d is shutting down".formatted(this.settings.pid()));
	}

	// --- peers

	void connected(Peer peer) {
		this.strangers.connected(peer);
	}

	void received(Peer peer, Message message) {
		Candidate successor = this.successor;
		if (successor != null && successor.peer() == peer && !successor.isLost()) {
			receivedFromSuccessor(successor, message);
		}
		else if (this.strangers.saidHello(peer, message)) {
			Candidate welcome = this.reception.greeted(peer, message, state(), this.successor, this.generation);
			if (welcome != null) {
				this.successor = welcome;
				changed();
			}
		}
	}

	void disconnected(Peer peer, String reason) {
		Candidate successor = this.successor;
		if (successor != null && successor.peer() == peer) {
			lost(successor, reason);
		}
		else {
			this.strangers.disconnected(peer, reason);
		}
	}

	private void receivedFromSuccessor(Candidate successor, Message message) {
		if (message instanceof Message.Failed failed) {
			lost(successor, failed.reason());
		}
		else if (message instanceof Message.Waiting && state() == IncumbentState.SERVING && !successor.isWaiting()) {
			waiting(successor);
		}
		else if (message instanceof Message.Ready ready && state() == IncumbentState.OFFERED) {
			ready(successor, ready);
		}
		else if (this.resignation == null || !this.resignation.received(message)) {
			Message.discard(message);
			this.ports.journal()
				.warn("Successor pid=%d sent %s, which has no place in state %s of incumbent pid=%d; connection closed"
					.formatted(successor.pid(), message.kind(), state(), this.settings.pid()));
			lost(successor, "it sent " + message.kind() + " out of turn");
		}
	}

	private void waiting(Candidate successor) {
		successor.waits();
		this.ports.journal()
			.info("Successor pid=%d is ready and waits for incumbent pid=%d to hand over; trigger it with: kill -QUIT %d"
				.formatted(successor.pid(), this.settings.pid(), this.settings.pid()));
		this.changed.run();
		Trigger remembered = this.remembered.take();
		Trigger trigger = this.spawning.isUnderWay() ? this.attempts.underWay() : remembered;
		if (trigger != null) {
			offer(successor, trigger);
		}
	}

	// --- state

	IncumbentState state() {
		return (this.resignation != null) ? this.resignation.state() : this.state;
	}

	Snapshot.@Nullable Successor successor() {
		return (this.successor != null) ? this.successor.snapshot() : null;
	}

	@Nullable Attempt lastAttempt() {
		return this.attempts.last();
	}

	Snapshot.@Nullable Spawn spawn() {
		return this.spawning.snapshot();
	}

	@Nullable Instant drainDeadline() {
		return (this.resignation != null) ? this.resignation.drainDeadline() : null;
	}

	private void become(IncumbentState state) {
		this.state = state;
		changed();
	}

	@Override
	public void changed() {
		this.changed.run();
	}

	private static long pidOf(@Nullable Candidate candidate) {
		return (candidate != null) ? candidate.pid() : -1;
	}

	static String text(Duration duration) {
		long millis = duration.toMillis();
		return (millis < 10_000) ? millis + " ms" : (millis / 1000) + " s";
	}

}
