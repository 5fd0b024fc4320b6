package io.github.gracefulupgrade.handover;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * The way of an instance from its start to the moment that it owns the listeners: from a
 * live incumbent, or cold. A handover that succeeds is the chain {@link #prepare} →
 * {@link Search} → {@link #welcome} → {@link #awaitOffer} → {@link #offer} →
 * {@link #awaitCommit} → {@link #commit} → {@link #own} → {@link #accept}; a cold start
 * goes from {@link Search} over {@link #startCold} to {@link #accept}. Afterwards this
 * remains the end of the connection to the {@link Predecessor} that drains.
 * <p>
 * All state is the control thread's. The application's main thread waits at the
 * {@link Gates}; whatever a step throws is told there.
 */
final class Successor {

	private final Ports ports;

	/**
	 * For what happens when it is too late to fail.
	 */
	private final Ports containedPorts;

	private final Settings settings;

	private final Runnable changed;

	private final StartFailures failures;

	/**
	 * What happens next if nothing else does, whatever the state.
	 */
	private final Alarm alarm;

	private final Gates gates = new Gates();

	private final Predecessor predecessor;

	private final Search search;

	private final Reminder reminder;

	private final IncomingOffer offer;

	private final Claim claim;

	private final Opening opening;

	private final Retreat retreat;

	private SuccessorState state = SuccessorState.NEW;

	private Mode mode = Mode.COLD;

	private int generation;

	/**
	 * Create the role.
	 * @param ports what it needs of the world
	 * @param containedPorts the same, which do not throw
	 * @param settings how long it waits for what
	 * @param changed run after every change
	 */
	Successor(Ports ports, Ports containedPorts, Settings settings, Runnable changed) {
		this.ports = ports;
		this.containedPorts = containedPorts;
		this.settings = settings;
		this.changed = changed;
		this.failures = new StartFailures(settings, containedPorts.lock());
		this.alarm = new Alarm(ports.control(), this::step);
		this.predecessor = new Predecessor(containedPorts, settings);
		this.search = new Search(ports, settings, this.failures, this.predecessor, this.alarm, this::startCold,
				this::fail);
		this.reminder = new Reminder(ports, settings, this.predecessor, this.alarm);
		this.offer = new IncomingOffer(ports);
		this.claim = new Claim(ports, settings, this.failures, this.predecessor, this.alarm, this::own, this::fail);
		this.opening = new Opening(ports, containedPorts, settings, this.predecessor);
		this.retreat = new Retreat(containedPorts, this.predecessor, this.offer, this.gates);
	}

	// --- the way that succeeds

	/**
	 * Find out whether there is an incumbent. Completes when the lock is held (a cold
	 * start) or the incumbent welcomed this process.
	 */
	CompletableFuture<Void> prepare(Mode mode) {
		this.mode = mode;
		step(() -> {
			this.ports.socket().check();
			become(SuccessorState.CONNECTING);
			this.search.begin(mode);
		});
		return this.gates.start();
	}

	private void startCold() {
		this.predecessor.none();
		this.generation = 0;
		become(SuccessorState.COLD_OWNER);
		this.gates.openStart();
		this.gates.openListeners();
		this.gates.openOwnership();
	}

	private void welcome(Message.Welcome message) {
		if (message.version() != Message.PROTOCOL_VERSION) {
			fail(this.failures.unknownVersion(message));
			return;
		}
		this.alarm.off();
		this.predecessor.welcomed(message.pid());
		this.generation = message.generation() + 1;
		this.ports.journal()
			.info("Successor pid=%d connected to incumbent pid=%d at %s and builds its application"
				.formatted(this.settings.pid(), message.pid(), this.settings.path()));
		become(SuccessorState.BUILDING);
		this.gates.openStart();
		if (this.gates.isBuilt()) {
			// The incumbent that was there before went away (pingora.upgrade=auto).
			awaitOffer();
		}
	}

	/**
	 * First gate: the application is built, its web servers come next. Completes when the
	 * listeners are there, or it is certain that there are none to wait for.
	 */
	CompletableFuture<Void> awaitOffer() {
		this.gates.built();
		if (this.state == SuccessorState.BUILDING && this.predecessor.isConnected()) {
			this.reminder.begin();
			become(SuccessorState.WAITING);
			this.predecessor.send(new Message.Waiting());
		}
		return this.gates.listeners();
	}

	private void offer(Message.Offer message) {
		if (!this.offer.addListeners(message)) {
			return; // more to come
		}
		this.alarm.off();
		List<Message.Listener> listeners = this.offer.listeners();
		become(SuccessorState.ADOPTING);
		this.offer.adopt(this.predecessor);
		this.gates.openListeners();
		// Here and below: what somebody waits for comes before the line in the log.
		this.ports.journal()
			.info("Successor pid=%d received %d listener(s) from incumbent pid=%d: %s".formatted(this.settings.pid(),
					listeners.size(), this.predecessor.pid(),
					String.join(", ", listeners.stream().map((l) -> l.name() + " " + l.bound()).toList())));
	}

	/**
	 * Second gate: the web servers are started, all else comes next. Completes when this
	 * instance owns the listeners.
	 */
	CompletableFuture<Void> awaitCommit() {
		this.gates.told();
		if (this.state == SuccessorState.ADOPTING || this.state == SuccessorState.OWNER) {
			List<String> taken = this.ports.listeners().settle();
			if (taken.isEmpty()) {
				fail(this.failures.noListenerInCommon(this.predecessor.pid()));
			}
			else if (this.state == SuccessorState.ADOPTING && this.predecessor.isConnected()) {
				this.claim.awaitCommit();
				become(SuccessorState.READY);
				this.predecessor.send(new Message.Ready(taken));
			}
		}
		this.retreat.discardListeners();
		return this.gates.ownership();
	}

	private void commit() {
		become(SuccessorState.COMMITTED);
		this.claim.committed();
	}

	private void own(String how) {
		this.alarm.off();
		become(SuccessorState.OWNER);
		this.gates.openOwnership();
		this.opening.prepare();
		this.ports.journal().info("Successor pid=%d %s".formatted(this.settings.pid(), how));
	}

	/**
	 * The application is ready: accept.
	 * @return the generation of this instance
	 * @throws UpgradeException if this instance cannot take the path; it has answered no
	 * request then
	 */
	int accept() {
		if (this.state != SuccessorState.OWNER && this.state != SuccessorState.COLD_OWNER) {
			throw this.failures.ownsNothing();
		}
		this.opening.open();
		become(SuccessorState.ACCEPTING);
		this.opening.announce(this.generation);
		return this.generation;
	}

	// --- while the predecessor drains

	/**
	 * This instance has been replaced itself.
	 */
	void replaced() {
		this.predecessor.takeNoMore();
		if (this.state == SuccessorState.ACCEPTING) {
			this.predecessor.send(new Message.Enough());
		}
	}

	/**
	 * This instance shuts down.
	 */
	void shutDown() {
		this.predecessor.keep();
	}

	/**
	 * Hang up. A predecessor that had no GOODBYE sees to it that somebody serves: it
	 * takes the lock if that is free.
	 */
	void letGoOfPredecessor() {
		if (this.state == SuccessorState.ACCEPTING) {
			this.predecessor.hangUp();
			this.changed.run();
		}
	}

	// --- peers

	void received(Peer peer, Message message) {
		step(() -> {
			if (message instanceof Message.Welcome welcome && this.state == SuccessorState.CONNECTING) {
				welcome(welcome);
			}
			else if (message instanceof Message.Refused refused && this.state == SuccessorState.CONNECTING) {
				this.search.refused(refused);
			}
			else if (this.state == SuccessorState.WAITING && this.offer.addBelongings(message)) {
				return; // more to come
			}
			else if (message instanceof Message.Offer offer && this.state == SuccessorState.WAITING) {
				offer(offer);
			}
			else if (message instanceof Message.Commit && this.state == SuccessorState.READY) {
				commit();
			}
			else if (message instanceof Message.Handoff handoff && this.state == SuccessorState.ACCEPTING) {
				this.predecessor.handsOver(handoff);
			}
			else if (message instanceof Message.Farewell farewell && this.state == SuccessorState.ACCEPTING) {
				this.predecessor.saysFarewell(farewell);
				this.changed.run();
			}
			else if (message instanceof Message.Withdrawn withdrawn) {
				withdrawn(withdrawn);
			}
			else {
				outOfTurn(peer, message);
			}
		});
	}

	private void outOfTurn(Peer peer, Message message) {
		Message.discard(message);
		String what = "it sent %s, which has no place in state %s".formatted(message.kind(), this.state);
		this.ports.journal()
			.warn("Incumbent pid=%d broke the protocol towards pid=%d: %s".formatted(this.predecessor.pid(),
					this.settings.pid(), what));
		peer.close();
		lost(what);
	}

	void disconnected(String reason) {
		step(() -> lost(reason));
	}

	// --- the ways out

	private void withdrawn(Message.Withdrawn message) {
		switch (this.state) {
			case CONNECTING, BUILDING, WAITING -> {
				this.predecessor.hangUp();
				incumbentLeft(message.reason());
			}
			case ADOPTING, READY -> {
				this.predecessor.hangUp();
				if (message.leaving() && this.mode == Mode.AUTO) {
					this.claim.orphaned(message.reason());
				}
				else {
					fail(this.failures.takenBack(message.reason()));
				}
			}
			case COMMITTED -> fail(this.failures.takenBack(message.reason()));
			case OWNER -> failPastTheGates(this.failures.takenBack(message.reason()));
			// It accepts and holds the lock: too late.
			case ACCEPTING, NEW, COLD_OWNER, FAILED -> {
			}
		}
	}

	private void lost(String reason) {
		this.predecessor.lost();
		switch (this.state) {
			case CONNECTING -> this.search.lost(reason);
			case BUILDING, WAITING ->
				incumbentLeft("incumbent pid=%d is gone: %s".formatted(this.predecessor.pid(), reason));
			case ADOPTING, READY, COMMITTED -> this.claim.orphaned(reason);
			case OWNER -> this.ports.journal()
				.warn("Predecessor pid=%d is gone: %s; pid=%d owns the listeners and goes on"
					.formatted(this.predecessor.pid(), reason, this.settings.pid()));
			case ACCEPTING -> {
				this.containedPorts.listeners().acceptAll();
				this.ports.journal()
					.warn("Predecessor pid=%d is gone before its drain was over: %s; pid=%d serves on"
						.formatted(this.predecessor.pid(), reason, this.settings.pid()));
				this.changed.run();
			}
			case NEW, COLD_OWNER, FAILED -> {
			}
		}
	}

	/**
	 * The incumbent went, or goes, before it offered anything.
	 */
	private void incumbentLeft(String reason) {
		this.offer.giveUp();
		if (this.mode != Mode.AUTO) {
			fail(this.failures.incumbentLeft(reason));
			return;
		}
		this.ports.journal()
			.info("%s; pid=%d starts cold unless another instance takes its place (pingora.upgrade=auto)"
				.formatted(reason, this.settings.pid()));
		become(SuccessorState.CONNECTING);
		this.search.beginAgain();
	}

	/**
	 * The application's start failed, or it is closed before it accepts. What the
	 * incumbent lent goes back.
	 */
	void abandon(String reason) {
		this.gates.told();
		if (this.state != SuccessorState.FAILED && this.state != SuccessorState.ACCEPTING) {
			fail(this.failures.abandoned(reason));
		}
		this.retreat.discardListeners();
	}

	private void fail(UpgradeException failure) {
		boolean serversStart = (this.state == SuccessorState.ADOPTING);
		this.alarm.off();
		become(SuccessorState.FAILED);
		this.retreat.begin(failure, serversStart);
	}

	/**
	 * Fail while the main thread is past the gates, where it would be told.
	 */
	private void failPastTheGates(UpgradeException failure) {
		fail(failure);
		this.containedPorts.exit().abort(failure);
	}

	// --- state

	boolean owns(Peer peer) {
		return this.predecessor.isAt(peer);
	}

	Phase phase() {
		return this.state.phase();
	}

	boolean isWelcome() {
		return this.state == SuccessorState.BUILDING;
	}

	int generation() {
		return this.generation;
	}

	/**
	 * The instance that this one took over from.
	 */
	Snapshot.@Nullable Predecessor predecessor() {
		return (this.state == SuccessorState.ACCEPTING) ? this.predecessor.snapshot() : null;
	}

	private void become(SuccessorState state) {
		this.state = state;
		this.changed.run();
	}

	/**
	 * Whatever a step throws ends the start, with a reason, and never leaves the main
	 * thread waiting. An instance that accepts does not end so.
	 */
	private void step(Runnable step) {
		try {
			step.run();
		}
		catch (RuntimeException | Error ex) {
			UpgradeException failure = (ex instanceof UpgradeException upgrade) ? upgrade
					: this.failures.unexpected(ex);
			if (this.state == SuccessorState.ACCEPTING) {
				this.ports.journal().warn(failure.getMessage() + "; it serves on");
				return;
			}
			if (this.state == SuccessorState.OWNER) {
				failPastTheGates(failure);
			}
			else {
				fail(failure);
			}
		}
	}

}
