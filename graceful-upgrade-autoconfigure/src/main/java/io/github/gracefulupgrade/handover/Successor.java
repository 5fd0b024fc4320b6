package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.UpgradeSocketException.Problem;
import org.jspecify.annotations.Nullable;

/**
 * The way of an instance from its start to the moment that it owns the listeners: from a
 * live incumbent, or cold. A handover that succeeds is the chain {@link #prepare} →
 * {@link #connect} → {@link #welcome} → {@link #awaitOffer} → {@link #offer} →
 * {@link #awaitCommit} → {@link #commit} → {@link #accept}; a cold start goes from
 * {@link #prepare} to {@link #accept} directly. Afterwards this remains the end of the
 * connection to the incumbent that drains.
 * <p>
 * All state is the control thread's. The futures are what the application's main thread
 * waits for; whatever a step throws completes them.
 */
final class Successor {

	/**
	 * How often a successor tries to reach an incumbent, or to take a lock.
	 */
	static final Duration RETRY = Duration.ofMillis(50);

	/**
	 * How long the kernel may take to free the lock of a process whose connections it has
	 * closed.
	 */
	static final Duration LOCK_OF_THE_DEAD = Duration.ofSeconds(3);

	/**
	 * How often a successor that waits says so.
	 */
	static final Duration REMINDER = Duration.ofSeconds(30);

	/**
	 * How long after the incumbent's ready timeout a successor gives up on its own,
	 * should the incumbent not have said so.
	 */
	static final Duration SLACK = Duration.ofSeconds(10);

	private final Ports ports;

	/**
	 * For what is tidied up on the way out.
	 */
	private final Ports containedPorts;

	private final Settings settings;

	private final Runnable changed;

	private final StartFailures failures;

	private final Patience patience;

	private final Alarm alarm;

	private final CompletableFuture<Void> prepared = new CompletableFuture<>();

	private final CompletableFuture<Void> listenersDecided = new CompletableFuture<>();

	private final CompletableFuture<Void> owner = new CompletableFuture<>();

	private final List<Message.Listener> offered = new ArrayList<>();

	private final Luggage luggage;

	private SuccessorState state = SuccessorState.NEW;

	private Mode mode = Mode.COLD;

	private @Nullable Peer peer;

	/**
	 * The incumbent, or {@code -1} if there is none.
	 */
	private long incumbent = -1;

	/**
	 * The incumbent's last words, once it has drained.
	 */
	private Message.@Nullable Farewell farewell;

	private int generation;

	private @Nullable String lastRefusal;

	private Duration waitingSince = Duration.ZERO;

	/**
	 * Whether the main thread stands at the first gate.
	 */
	private boolean built;

	/**
	 * Whether the main thread came to the second gate, or the start has ended.
	 */
	private boolean told;

	/**
	 * Whether this instance, which accepts, is on its own way out.
	 */
	private boolean shuttingDown;

	/**
	 * Whether this instance, which accepts, has been replaced itself.
	 */
	private boolean replaced;

	Successor(Ports ports, Ports containedPorts, Settings settings, Runnable changed) {
		this.ports = ports;
		this.containedPorts = containedPorts;
		this.settings = settings;
		this.changed = changed;
		this.failures = new StartFailures(settings, containedPorts.lock());
		this.patience = new Patience(ports.control());
		this.alarm = new Alarm(ports.control());
		this.luggage = new Luggage(ports.belongings().maxStateBytes());
	}

	// --- to an incumbent, or to none

	/**
	 * Find out whether there is an incumbent. Completes when the lock is held (a cold
	 * start) or the incumbent welcomed this process.
	 */
	CompletableFuture<Void> prepare(Mode mode) {
		this.mode = mode;
		step(() -> {
			this.ports.socket().check();
			become(SuccessorState.CONNECTING);
			this.patience.begin(this.settings.connectTimeout());
			seek();
		});
		return this.prepared;
	}

	/**
	 * One try to reach an incumbent or to become an owner cold, whichever the mode asks
	 * for.
	 */
	private void seek() {
		if (this.mode != Mode.COLD && connect()) {
			return;
		}
		if (this.mode != Mode.SUCCESSOR && startCold()) {
			return;
		}
		seekAgain();
	}

	private void seekAgain() {
		if (!this.patience.isOver()) {
			after(RETRY, this::seek);
		}
		else if (this.mode == Mode.SUCCESSOR) {
			fail(this.failures.nobodyAnswers(this.lastRefusal));
		}
		else {
			fail(this.failures.lockIsTaken(this.patience.length()));
		}
	}

	/**
	 * Try to take the lock with nobody at the path.
	 * @return whether this process is the owner now, or failed
	 */
	private boolean startCold() {
		OptionalLong holder = this.ports.lock().holder();
		boolean locked = this.ports.lock().tryAcquire();
		boolean answers = this.ports.socket().answers();
		if (locked && !answers) {
			this.alarm.off();
			this.incumbent = -1;
			this.generation = 0;
			become(SuccessorState.COLD_OWNER);
			this.prepared.complete(null);
			this.listenersDecided.complete(null);
			this.owner.complete(null);
			return true;
		}
		if (locked) {
			// The moment between an incumbent's release and its successor's take-over.
			this.ports.lock().release();
		}
		if (answers && this.mode == Mode.COLD) {
			fail(this.failures.pathIsTaken(holder));
			return true;
		}
		return false;
	}

	/**
	 * Try to reach an incumbent.
	 * @return whether a connection stands, and the rest is up to the incumbent
	 */
	private boolean connect() {
		try {
			Peer peer = this.ports.socket().connect();
			this.peer = peer;
			after(this.patience.leftOr(Duration.ofSeconds(1)), () -> fail(this.failures.noWelcome()));
			peer.send(new Message.Hello(Message.PROTOCOL_VERSION, this.settings.pid(), this.settings.application()));
			return true;
		}
		catch (UpgradeSocketException ex) {
			if (ex.getProblem() != Problem.NOBODY) {
				throw ex;
			}
			return false;
		}
	}

	private void refused(Message.Refused refused) {
		hangUp();
		this.lastRefusal = refused.text();
		if (refused.reason() == Message.Refusal.LEAVING) {
			// It was just replaced, or shuts down: the path tells which, in a moment.
			seekAgain();
		}
		else {
			fail(this.failures.refused(refused));
		}
	}

	private void welcome(Message.Welcome message) {
		if (message.version() != Message.PROTOCOL_VERSION) {
			fail(this.failures.unknownVersion(message));
			return;
		}
		this.alarm.off();
		this.incumbent = message.pid();
		this.generation = message.generation() + 1;
		this.ports.journal()
			.info("Successor pid=%d connected to incumbent pid=%d at %s and builds its application"
				.formatted(this.settings.pid(), this.incumbent, this.settings.path()));
		become(SuccessorState.BUILDING);
		this.prepared.complete(null);
		if (this.built) {
			// The incumbent that was there before went away (pingora.upgrade=auto).
			awaitOffer();
		}
	}

	// --- from the first gate to the second

	/**
	 * First gate: the application is built, its web servers come next. Completes when the
	 * listeners are there, or it is certain that there are none to wait for.
	 */
	CompletableFuture<Void> awaitOffer() {
		this.built = true;
		if (this.state == SuccessorState.BUILDING && this.peer != null) {
			this.waitingSince = this.ports.control().now();
			this.ports.journal()
				.info("Successor pid=%d is ready and waits for incumbent pid=%d to hand over; trigger it with: kill -QUIT %d"
					.formatted(this.settings.pid(), this.incumbent, this.incumbent));
			after(REMINDER, this::remind);
			become(SuccessorState.WAITING);
			this.peer.send(new Message.Waiting());
		}
		return this.listenersDecided;
	}

	private void remind() {
		this.ports.journal()
			.info("Successor pid=%d has waited for %s for incumbent pid=%d to hand over; trigger it with: kill -QUIT %d"
				.formatted(this.settings.pid(), Incumbent.text(this.ports.control().now().minus(this.waitingSince)),
						this.incumbent, this.incumbent));
		after(REMINDER, this::remind);
	}

	private void offer(Message.Offer message) {
		this.offered.addAll(message.listeners());
		if (message.more()) {
			return;
		}
		this.alarm.off();
		this.ports.journal()
			.info("Successor pid=%d received %d listener(s) from incumbent pid=%d: %s".formatted(this.settings.pid(),
					this.offered.size(), this.incumbent,
					String.join(", ", this.offered.stream().map((l) -> l.name() + " " + l.bound()).toList())));
		List<Message.Listener> offered = List.copyOf(this.offered);
		this.offered.clear();
		become(SuccessorState.ADOPTING);
		this.luggage.tooLarge()
			.forEach((contributor) -> this.ports.journal()
				.warn("UpgradeContributor '%s' of incumbent pid=%d sent more than this instance takes (pingora.state.max-size); the upgrade goes on without it"
					.formatted(contributor, this.incumbent)));
		this.ports.listeners().inherit(offered);
		this.ports.belongings().receive(this.luggage.unpack());
		this.listenersDecided.complete(null);
	}

	// --- from the second gate to accepting

	/**
	 * Second gate: the web servers are started, all else comes next. Completes when this
	 * instance owns the listeners.
	 */
	CompletableFuture<Void> awaitCommit() {
		this.told = true;
		if (this.state == SuccessorState.ADOPTING || this.state == SuccessorState.OWNER) {
			List<String> taken = this.ports.listeners().settle();
			if (taken.isEmpty()) {
				fail(this.failures.noListenerInCommon(this.incumbent));
			}
			else if (this.state == SuccessorState.ADOPTING && this.peer != null) {
				// The incumbent says when its patience ends; this is for one that cannot.
				this.patience.begin(this.settings.readyTimeout().plus(SLACK));
				after(this.patience.length(),
						() -> fail(this.failures.noCommit(this.incumbent, this.patience.length())));
				become(SuccessorState.READY);
				this.peer.send(new Message.Ready(taken));
			}
		}
		discardIfFailed();
		return this.owner;
	}

	private void commit() {
		become(SuccessorState.COMMITTED);
		takeLock();
	}

	private void takeLock() {
		if (this.ports.lock().tryAcquire()) {
			own("took over from incumbent pid=%d and finishes its start".formatted(this.incumbent));
		}
		else if (this.patience.isOver()) {
			fail(this.failures.lockIsAnothers(this.incumbent));
		}
		else {
			// A cold start holds it for as long as it takes to see that the path answers.
			after(RETRY, this::takeLock);
		}
	}

	private void own(String how) {
		this.alarm.off();
		this.ports.journal().info("Successor pid=%d %s".formatted(this.settings.pid(), how));
		become(SuccessorState.OWNER);
		this.owner.complete(null);
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
		this.ports.socket().publish();
		this.ports.pidFile().write();
		this.ports.listeners().open();
		become(SuccessorState.ACCEPTING);
		if (this.incumbent < 0) {
			this.ports.journal()
				.info("Incumbent pid=%d serves and can be upgraded at %s".formatted(this.settings.pid(),
						this.settings.path()));
		}
		else {
			this.ports.journal()
				.info("Successor pid=%d accepts, generation %d; predecessor pid=%d %s".formatted(this.settings.pid(),
						this.generation, this.incumbent, (this.peer != null) ? "drains" : "is gone"));
		}
		if (this.peer != null) {
			this.peer.send(new Message.Accepting(List.copyOf(this.ports.listeners().movable()),
					this.ports.connections().room()));
		}
		return this.generation;
	}

	// --- the end of the connection to the predecessor

	/**
	 * Serve connections that the predecessor established.
	 */
	private void handoff(Message.Handoff message) {
		List<Connections.Established> connections = message.connections();
		int taken = 0;
		// One that goes takes none: they are better off where they are.
		while (!this.shuttingDown && !this.replaced && taken < connections.size()
				&& this.containedPorts.connections().room() > 0
				&& this.containedPorts.connections().adopt(connections.get(taken))) {
			taken++;
		}
		connections.subList(taken, connections.size()).forEach((connection) -> connection.descriptor().close());
		if (this.peer != null) {
			this.peer.send(new Message.Received(taken, this.containedPorts.connections().room()));
		}
	}

	/**
	 * This instance has been replaced itself.
	 */
	void replaced() {
		this.replaced = true;
		if (this.peer != null && this.state == SuccessorState.ACCEPTING) {
			this.peer.send(new Message.Enough());
		}
	}

	private void farewell(Message.Farewell message) {
		Peer peer = this.peer;
		if (peer == null) {
			return;
		}
		if (this.shuttingDown) {
			// With GOODBYE, both would be gone.
			letGoOfPredecessor();
			return;
		}
		this.farewell = message;
		peer.send(new Message.Goodbye());
		this.ports.journal()
			.info("Predecessor pid=%d drained: %d request(s) finished, %d cut; pid=%d goes on alone"
				.formatted(this.incumbent, message.drained().finished(), message.drained().cut(), this.settings.pid()));
		letGoOfPredecessor();
	}

	/**
	 * This instance shuts down: its predecessor, if it is still there, must not leave,
	 * too.
	 */
	void shutDown() {
		this.shuttingDown = true;
	}

	/**
	 * Hang up. A predecessor that had no GOODBYE sees to it that somebody serves: it
	 * takes the lock if that is free.
	 */
	void letGoOfPredecessor() {
		if (this.state == SuccessorState.ACCEPTING) {
			hangUp();
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
				refused(refused);
			}
			else if (message instanceof Message.StatePart part && this.state == SuccessorState.WAITING
					&& this.luggage.add(part)) {
				return; // more to come
			}
			else if (message instanceof Message.OpenFiles files && this.state == SuccessorState.WAITING
					&& this.luggage.add(files)) {
				return;
			}
			else if (message instanceof Message.Offer offer && this.state == SuccessorState.WAITING) {
				offer(offer);
			}
			else if (message instanceof Message.Commit && this.state == SuccessorState.READY) {
				commit();
			}
			else if (message instanceof Message.Handoff handoff && this.state == SuccessorState.ACCEPTING) {
				handoff(handoff);
			}
			else if (message instanceof Message.Farewell farewell && this.state == SuccessorState.ACCEPTING) {
				farewell(farewell);
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
			.warn("Incumbent pid=%d broke the protocol towards pid=%d: %s".formatted(this.incumbent,
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
				hangUp();
				incumbentLeft(message.reason());
			}
			case ADOPTING, READY -> {
				hangUp();
				if (message.leaving() && this.mode == Mode.AUTO) {
					orphaned(message.reason());
				}
				else {
					fail(this.failures.takenBack(message.reason()));
				}
			}
			case COMMITTED -> fail(this.failures.takenBack(message.reason()));
			case OWNER -> {
				UpgradeException failure = this.failures.takenBack(message.reason());
				fail(failure);
				// The main thread is past the gates, where it would be told.
				this.containedPorts.exit().abort(failure);
			}
			// It accepts and holds the lock: too late.
			case ACCEPTING, NEW, COLD_OWNER, FAILED -> {
			}
		}
	}

	private void lost(String reason) {
		this.peer = null;
		switch (this.state) {
			case CONNECTING -> {
				this.lastRefusal = reason;
				seekAgain();
			}
			case BUILDING, WAITING -> incumbentLeft("incumbent pid=%d is gone: %s".formatted(this.incumbent, reason));
			case ADOPTING, READY, COMMITTED -> orphaned(reason);
			case OWNER -> this.ports.journal()
				.warn("Predecessor pid=%d is gone: %s; pid=%d owns the listeners and goes on".formatted(this.incumbent,
						reason, this.settings.pid()));
			case ACCEPTING -> {
				this.ports.journal()
					.warn("Predecessor pid=%d is gone before its drain was over: %s; pid=%d serves on"
						.formatted(this.incumbent, reason, this.settings.pid()));
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
		dropOffer();
		if (this.mode != Mode.AUTO) {
			fail(this.failures.incumbentLeft(reason));
			return;
		}
		this.ports.journal()
			.info("%s; pid=%d starts cold unless another instance takes its place (pingora.upgrade=auto)"
				.formatted(reason, this.settings.pid()));
		// One that shuts down keeps the lock until its background work has stopped.
		this.patience.begin(this.settings.connectTimeout().plus(this.settings.readyTimeout()));
		become(SuccessorState.CONNECTING);
		after(RETRY, this::seek);
	}

	/**
	 * The connection to the incumbent ended while this process holds its listeners. The
	 * lock tells whether the incumbent lives: then this process must not go on, else it
	 * must.
	 */
	private void orphaned(String reason) {
		this.ports.journal()
			.warn("Lost incumbent pid=%d after it offered its listeners to pid=%d: %s".formatted(this.incumbent,
					this.settings.pid(), reason));
		Patience endless = new Patience(this.ports.control());
		endless.begin(this.settings.readyTimeout().plus(SLACK));
		this.patience.begin(LOCK_OF_THE_DEAD);
		seekOwnership(reason, endless);
	}

	private void seekOwnership(String reason, Patience atMost) {
		if (this.ports.lock().tryAcquire()) {
			if (!this.ports.socket().answers()) {
				own("owns the listeners of incumbent pid=%d, which is gone, and goes on".formatted(this.incumbent));
				return;
			}
			// The incumbent lives, and hands over to somebody else at this moment.
			this.ports.lock().release();
		}
		if (this.patience.isOver()) {
			if (atMost.isOver() || this.ports.socket().answers()) {
				fail(this.failures.incumbentLives(this.incumbent, reason));
				return;
			}
			// Whoever holds the lock is on its way out, or a cold start that was quicker
			// than this process, and cannot bind what this process holds.
			this.patience.begin(LOCK_OF_THE_DEAD);
		}
		after(RETRY, () -> seekOwnership(reason, atMost));
	}

	/**
	 * The application's start failed, or it is closed before it accepts. What the
	 * incumbent lent goes back.
	 */
	void abandon(String reason) {
		this.told = true;
		if (this.state != SuccessorState.FAILED && this.state != SuccessorState.ACCEPTING) {
			fail(this.failures.abandoned(reason));
		}
		discardIfFailed();
	}

	private void fail(UpgradeException failure) {
		// Between the gates, web servers find the listeners that they expect: told that
		// their ports are in use, nobody would know why.
		boolean serversStart = (this.state == SuccessorState.ADOPTING);
		Peer peer = this.peer;
		this.peer = null;
		this.alarm.off();
		become(SuccessorState.FAILED);
		dropOffer();
		if (serversStart) {
			// The main thread hears of it at the second gate, if it ever gets there.
			this.ports.control().after(Incumbent.PROMPT_ANSWER, () -> abortUnlessTold(failure));
		}
		else {
			discardIfFailed();
		}
		this.containedPorts.socket().retire();
		this.containedPorts.lock().release();
		if (peer != null) {
			peer.send(new Message.Failed(String.valueOf(failure.getMessage())));
			peer.close();
		}
		this.prepared.completeExceptionally(failure);
		this.listenersDecided.completeExceptionally(failure);
		this.owner.completeExceptionally(failure);
	}

	private void abortUnlessTold(UpgradeException failure) {
		if (!this.told) {
			this.containedPorts.exit().abort(failure);
		}
	}

	private void dropOffer() {
		this.offered.forEach((listener) -> listener.descriptor().close());
		this.offered.clear();
		this.luggage.discard();
	}

	private void discardIfFailed() {
		if (this.state == SuccessorState.FAILED) {
			this.containedPorts.listeners().discard();
		}
	}

	private void hangUp() {
		Peer peer = this.peer;
		this.peer = null;
		if (peer != null) {
			peer.close();
		}
	}

	// --- state

	boolean owns(Peer peer) {
		return peer == this.peer;
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
		return (this.state == SuccessorState.ACCEPTING && this.incumbent >= 0)
				? new Snapshot.Predecessor(this.incumbent, this.peer != null, this.farewell) : null;
	}

	private void become(SuccessorState state) {
		this.state = state;
		this.changed.run();
	}

	private void after(Duration delay, Runnable task) {
		this.alarm.set(delay, () -> step(task));
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
			boolean pastTheGates = (this.state == SuccessorState.OWNER);
			fail(failure);
			if (pastTheGates) {
				this.containedPorts.exit().abort(failure);
			}
		}
	}

}
