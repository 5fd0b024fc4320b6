package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.ControlThread.Timer;
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
 * waits for.
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

	enum State {

		/**
		 * Nothing begun.
		 */
		NEW,

		/**
		 * Trying to reach the incumbent, or to take the lock of one that goes away.
		 */
		CONNECTING,

		/**
		 * WELCOME received; the application is being built.
		 */
		BUILDING,

		/**
		 * WAITING sent.
		 */
		WAITING,

		/**
		 * OFFER received; the web servers start.
		 */
		ADOPTING,

		/**
		 * READY sent.
		 */
		READY,

		/**
		 * COMMIT received; trying to take the lock.
		 */
		COMMITTED,

		/**
		 * Holds the lock, and the listeners if there was an incumbent; the rest of the
		 * application starts.
		 */
		OWNER,

		/**
		 * Accepts.
		 */
		ACCEPTING,

		/**
		 * Gave up, or was closed.
		 */
		FAILED

	}

	private final Ports ports;

	private final Settings settings;

	private final Runnable changed;

	private State state = State.NEW;

	private Mode mode = Mode.COLD;

	/**
	 * Whether there is no incumbent to take over from.
	 */
	private boolean cold;

	private @Nullable Peer peer;

	private long incumbent = -1;

	private int generation;

	private boolean draining;

	/**
	 * Whether the main thread stands at the first gate.
	 */
	private boolean built;

	private final List<Message.Listener> offered = new ArrayList<>();

	private @Nullable String lastRefusal;

	private Duration giveUpAt = Duration.ZERO;

	private Duration waitingSince = Duration.ZERO;

	private @Nullable Timer timer;

	private final CompletableFuture<Void> prepared = new CompletableFuture<>();

	private final CompletableFuture<Void> listenersDecided = new CompletableFuture<>();

	private final CompletableFuture<Void> owner = new CompletableFuture<>();

	Successor(Ports ports, Settings settings, Runnable changed) {
		this.ports = ports;
		this.settings = settings;
		this.changed = changed;
	}

	// --- the way that succeeds

	/**
	 * Find out whether there is an incumbent. Completes when the lock is held (a cold
	 * start) or the incumbent welcomed this process.
	 */
	CompletableFuture<Void> prepare(Mode mode) {
		this.mode = mode;
		try {
			this.ports.socket().check();
			become(State.CONNECTING);
			startGivingUp(this.settings.connectTimeout());
			seek();
		}
		catch (UpgradeException ex) {
			fail(ex);
		}
		return this.prepared;
	}

	/**
	 * One try to become an owner cold or to reach an incumbent, whichever the mode asks
	 * for.
	 */
	private void seek() {
		try {
			if (this.mode == Mode.SUCCESSOR ? connect() : startCold()) {
				return;
			}
			if (this.mode == Mode.AUTO && connect()) {
				return;
			}
			if (gaveUp()) {
				fail(nobodyAnswered());
				return;
			}
			retry(this::seek);
		}
		catch (UpgradeException ex) {
			fail(ex);
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
			becomeColdOwner();
			return true;
		}
		if (locked) {
			// The moment between an incumbent's release and its successor's take-over.
			this.ports.lock().release();
		}
		if (answers && this.mode == Mode.COLD) {
			fail(new UpgradeException(
					"%s belongs to a running instance%s".formatted(this.settings.path(), pidText(holder)),
					"To replace the running instance by this one, start this one with --upgrade and send the running one"
							+ " a SIGQUIT%s. To run both, give each its own pingora.upgrade-sock."
								.formatted(holder.isPresent() ? " (kill -QUIT " + holder.getAsLong() + ")" : "")));
			return true;
		}
		return false;
	}

	private void becomeColdOwner() {
		stopTimer();
		this.cold = true;
		become(State.OWNER);
		this.prepared.complete(null);
		this.listenersDecided.complete(null);
		this.owner.complete(null);
	}

	/**
	 * Try to reach an incumbent.
	 * @return whether a connection stands, and the rest is up to the incumbent
	 */
	private boolean connect() {
		try {
			Peer peer = this.ports.socket().connect();
			this.peer = peer;
			peer.send(new Message.Hello(Message.PROTOCOL_VERSION, this.settings.pid(), this.settings.application()));
			// Time to answer, for an incumbent that was reached in the last moment.
			Duration left = this.giveUpAt.minus(this.ports.control().now());
			startTimer((left.compareTo(Duration.ofSeconds(1)) > 0) ? left : Duration.ofSeconds(1), () -> {
				hangUp();
				fail(new UpgradeException(
						"The process at %s took the connection but did not answer within %s"
							.formatted(this.settings.path(), Incumbent.text(this.settings.connectTimeout())),
						"See whether the running instance%s is stopped or overloaded."
							.formatted(pidText(this.ports.lock().holder()))));
			});
			return true;
		}
		catch (UpgradeSocketException ex) {
			if (ex.getProblem() != Problem.NOBODY) {
				throw ex;
			}
			return false;
		}
	}

	private void welcome(Message.Welcome message) {
		if (message.version() != Message.PROTOCOL_VERSION) {
			fail(new UpgradeException(
					"Incumbent pid=%d speaks version %d of the upgrade protocol, this instance (pid=%d) version %d"
						.formatted(message.pid(), message.version(), this.settings.pid(), Message.PROTOCOL_VERSION),
					"Stop the running instance and start this one in its place, or upgrade by way of a version that"
							+ " speaks the same protocol."));
			return;
		}
		stopTimer();
		this.incumbent = message.pid();
		this.generation = message.generation() + 1;
		this.ports.journal()
			.info("Successor pid=%d connected to incumbent pid=%d at %s and builds its application"
				.formatted(this.settings.pid(), this.incumbent, this.settings.path()));
		become(State.BUILDING);
		this.prepared.complete(null);
		if (this.built) {
			// The incumbent that was there before went away (pingora.upgrade=auto).
			awaitOffer();
		}
	}

	/**
	 * First gate: the application is built, its web servers come next. Completes when the
	 * listeners are there, or it is certain that there are none to wait for.
	 */
	CompletableFuture<Void> awaitOffer() {
		this.built = true;
		if (this.state == State.BUILDING && this.peer != null) {
			this.waitingSince = this.ports.control().now();
			this.ports.journal()
				.info("Successor pid=%d is ready and waits for incumbent pid=%d to hand over; trigger it with: kill -QUIT %d"
					.formatted(this.settings.pid(), this.incumbent, this.incumbent));
			startTimer(REMINDER, this::remind);
			become(State.WAITING);
			this.peer.send(new Message.Waiting());
		}
		return this.listenersDecided;
	}

	private void remind() {
		this.ports.journal()
			.info("Successor pid=%d has waited for %s for incumbent pid=%d to hand over; trigger it with: kill -QUIT %d"
				.formatted(this.settings.pid(), Incumbent.text(this.ports.control().now().minus(this.waitingSince)),
						this.incumbent, this.incumbent));
		startTimer(REMINDER, this::remind);
	}

	private void offer(Message.Offer message) {
		this.offered.addAll(message.listeners());
		if (message.more()) {
			return;
		}
		stopTimer();
		this.ports.journal()
			.info("Successor pid=%d received %d listener(s) from incumbent pid=%d: %s".formatted(this.settings.pid(),
					this.offered.size(), this.incumbent,
					String.join(", ", this.offered.stream().map((l) -> l.name() + " " + l.bound()).toList())));
		this.ports.listeners().inherit(List.copyOf(this.offered));
		this.offered.clear();
		become(State.ADOPTING);
		this.listenersDecided.complete(null);
	}

	/**
	 * Second gate: the web servers are started, all else comes next. Completes when this
	 * instance owns the listeners.
	 */
	CompletableFuture<Void> awaitCommit() {
		if (this.state == State.ADOPTING || (this.state == State.OWNER && !this.cold)) {
			List<String> taken = this.ports.listeners().settle();
			if (taken.isEmpty()) {
				fail(new UpgradeException(
						"This instance (pid=%d) has no listener in common with incumbent pid=%d"
							.formatted(this.settings.pid(), this.incumbent),
						"Configure the addresses and ports that the running instance has, or stop it and start this one"
								+ " in its place."));
			}
			else if (this.state == State.ADOPTING && this.peer != null) {
				// The incumbent says when its patience ends; this is for one that cannot.
				startGivingUp(this.settings.readyTimeout().plus(SLACK));
				startTimer(this.settings.readyTimeout().plus(SLACK), this::noCommit);
				become(State.READY);
				this.peer.send(new Message.Ready(taken));
			}
		}
		return this.owner;
	}

	private void noCommit() {
		fail(new UpgradeException(
				"Incumbent pid=%d did not answer READY of pid=%d within %s".formatted(this.incumbent,
						this.settings.pid(), Incumbent.text(this.settings.readyTimeout().plus(SLACK))),
				"See whether the running instance is stopped or overloaded, then try again."));
	}

	private void commit() {
		stopTimer();
		become(State.COMMITTED);
		takeLock();
	}

	private void takeLock() {
		if (this.ports.lock().tryAcquire()) {
			stopTimer();
			this.ports.journal()
				.info("Successor pid=%d took over from incumbent pid=%d and finishes its start"
					.formatted(this.settings.pid(), this.incumbent));
			become(State.OWNER);
			this.owner.complete(null);
		}
		else if (gaveUp()) {
			fail(new UpgradeException(
					"Incumbent pid=%d released the lock of %s, but another process%s took it".formatted(this.incumbent,
							this.settings.path(), pidText(this.ports.lock().holder())),
					"See which other instance was started at the same time."));
		}
		else {
			// A cold start holds it for as long as it takes to see that the path answers.
			retry(this::takeLock);
		}
	}

	/**
	 * The application is ready: accept.
	 * @return the generation of this instance
	 * @throws UpgradeException if this instance cannot take the path; it has answered no
	 * request then
	 */
	int accept() {
		if (this.state != State.OWNER) {
			throw new UpgradeException("This instance does not own its listeners any more",
					"See the log for why the upgrade ended.");
		}
		this.ports.socket().publish();
		this.ports.pidFile().write();
		this.ports.listeners().open();
		become(State.ACCEPTING);
		if (this.cold) {
			this.ports.journal()
				.info("Incumbent pid=%d serves and can be upgraded at %s".formatted(this.settings.pid(),
						this.settings.path()));
		}
		else {
			this.draining = (this.peer != null);
			this.ports.journal()
				.info("Successor pid=%d accepts, generation %d; predecessor pid=%d %s".formatted(this.settings.pid(),
						this.generation, this.incumbent, this.draining ? "drains" : "is gone"));
			if (this.peer != null) {
				this.peer.send(new Message.Accepting(List.copyOf(this.ports.listeners().movable()),
						this.ports.connections().room()));
			}
		}
		return this.generation;
	}

	/**
	 * Serve connections that the incumbent established.
	 */
	private void handoff(Message.Handoff message) {
		int taken = 0;
		for (Connections.Established connection : message.connections()) {
			if (this.ports.connections().room() == 0 || !this.ports.connections().adopt(connection)) {
				break;
			}
			taken++;
		}
		message.connections()
			.subList(taken, message.connections().size())
			.forEach((connection) -> connection.descriptor().close());
		if (this.peer != null) {
			this.peer.send(new Message.Received(taken, this.ports.connections().room()));
		}
	}

	/**
	 * This instance has been replaced itself.
	 */
	void replaced() {
		if (this.peer != null && this.state == State.ACCEPTING) {
			this.peer.send(new Message.Enough());
		}
	}

	private void farewell(Message.Farewell message) {
		Peer peer = this.peer;
		if (peer != null) {
			peer.send(new Message.Goodbye());
		}
		this.ports.journal()
			.info("Predecessor pid=%d drained: %d request(s) finished, %d cut; pid=%d goes on alone"
				.formatted(this.incumbent, message.finished(), message.cut(), this.settings.pid()));
		predecessorGone();
	}

	private void predecessorGone() {
		this.draining = false;
		hangUp();
		this.changed.run();
	}

	// --- the ways out

	void received(Peer peer, Message message) {
		if (peer != this.peer) {
			Message.discard(message); // hung up meanwhile
			return;
		}
		if (message instanceof Message.Welcome welcome && this.state == State.CONNECTING) {
			welcome(welcome);
		}
		else if (message instanceof Message.Refused refused && this.state == State.CONNECTING) {
			refused(refused);
		}
		else if (message instanceof Message.Withdrawn withdrawn) {
			withdrawn(withdrawn);
		}
		else if (message instanceof Message.Offer offer && this.state == State.WAITING) {
			offer(offer);
		}
		else if (message instanceof Message.Commit && this.state == State.READY) {
			commit();
		}
		else if (message instanceof Message.Handoff handoff && this.state == State.ACCEPTING) {
			handoff(handoff);
		}
		else if (message instanceof Message.Farewell farewell && this.state == State.ACCEPTING) {
			farewell(farewell);
		}
		else {
			Message.discard(message);
			outOfTurn(message);
		}
	}

	private void outOfTurn(Message message) {
		String what = "it sent %s, which has no place in state %s".formatted(message.kind(), this.state);
		this.ports.journal()
			.warn("Incumbent pid=%d broke the protocol towards pid=%d: %s".formatted(this.incumbent,
					this.settings.pid(), what));
		Peer peer = this.peer;
		if (peer != null) {
			peer.close();
			disconnected(peer, what);
		}
	}

	private void refused(Message.Refused refused) {
		hangUp();
		this.lastRefusal = refused.text();
		switch (refused.reason()) {
			case BUSY -> fail(new UpgradeException(
					"Another successor, pid=%d, is already there for the instance at %s".formatted(refused.pid(),
							this.settings.path()),
					"Let that one take over, or end it first (kill %d).".formatted(refused.pid())));
			case VERSION -> fail(new UpgradeException("Refused: " + refused.text(),
					"Stop the running instance and start this one in its place, or upgrade by way of a version that"
							+ " speaks the same protocol."));
			case FOREIGN -> fail(new UpgradeException(
					"Refused by the process at %s: %s".formatted(this.settings.path(), refused.text()),
					"Run this instance as the same user as the running one."));
			// It was just replaced, or shuts down: the path tells which, in a moment.
			case LEAVING -> retryOrGiveUp();
		}
	}

	private void withdrawn(Message.Withdrawn message) {
		switch (this.state) {
			case CONNECTING, BUILDING, WAITING -> {
				hangUp();
				incumbentLeft(message.reason());
			}
			case ADOPTING, READY, COMMITTED, OWNER -> {
				hangUp();
				boolean mainThreadIsPastTheGates = (this.state == State.OWNER);
				UpgradeException failure = new UpgradeException("The offer was taken back: " + message.reason(),
						"The running instance goes on. See both logs for the reason (pingora.ready-timeout is how long a"
								+ " start may take after the offer), then try again.");
				fail(failure);
				if (mainThreadIsPastTheGates) {
					this.ports.exit().abort(failure);
				}
			}
			// It accepts and holds the lock: too late.
			case ACCEPTING, NEW, FAILED -> {
			}
		}
	}

	void disconnected(Peer peer, String reason) {
		if (peer != this.peer) {
			return;
		}
		this.peer = null;
		switch (this.state) {
			case CONNECTING -> {
				this.lastRefusal = reason;
				retryOrGiveUp();
			}
			case BUILDING, WAITING -> incumbentLeft("incumbent pid=%d is gone: %s".formatted(this.incumbent, reason));
			case ADOPTING, READY, COMMITTED -> {
				this.ports.journal()
					.warn("Lost incumbent pid=%d after it offered its listeners to pid=%d: %s".formatted(this.incumbent,
							this.settings.pid(), reason));
				startGivingUp(LOCK_OF_THE_DEAD);
				orphaned(reason);
			}
			case OWNER -> this.ports.journal()
				.warn("Predecessor pid=%d is gone: %s; pid=%d owns the listeners and goes on".formatted(this.incumbent,
						reason, this.settings.pid()));
			case ACCEPTING -> {
				if (this.draining) {
					this.ports.journal()
						.warn("Predecessor pid=%d is gone before its drain was over: %s; pid=%d serves on"
							.formatted(this.incumbent, reason, this.settings.pid()));
					predecessorGone();
				}
			}
			case NEW, FAILED -> {
			}
		}
	}

	/**
	 * The connection to the incumbent broke while this process holds the listeners. The
	 * lock tells whether it lives: then this process must not go on, else it must.
	 */
	private void orphaned(String reason) {
		if (this.ports.lock().tryAcquire()) {
			stopTimer();
			this.ports.journal()
				.warn("Incumbent pid=%d is dead; pid=%d owns its listeners and goes on".formatted(this.incumbent,
						this.settings.pid()));
			become(State.OWNER);
			this.owner.complete(null);
		}
		else if (gaveUp()) {
			fail(new UpgradeException(
					"Incumbent pid=%d broke the connection to pid=%d, but lives: %s".formatted(this.incumbent,
							this.settings.pid(), reason),
					"The running instance serves on; see its log, then try again."));
		}
		else {
			retry(() -> orphaned(reason));
		}
	}

	/**
	 * The incumbent went, or goes, before it offered anything.
	 */
	private void incumbentLeft(String reason) {
		this.peer = null;
		if (this.mode == Mode.AUTO) {
			this.ports.journal()
				.info("%s; pid=%d starts cold unless another instance takes its place (pingora.upgrade=auto)"
					.formatted(reason, this.settings.pid()));
			startGivingUp(this.settings.connectTimeout());
			become(State.CONNECTING);
			retry(this::seek);
		}
		else {
			fail(new UpgradeException("Nothing to take over for pid=%d: %s".formatted(this.settings.pid(), reason),
					"Start this instance without --upgrade, or with --upgrade=auto."));
		}
	}

	private void retryOrGiveUp() {
		stopTimer();
		if (gaveUp()) {
			fail(nobodyAnswered());
		}
		else {
			retry(this::seek);
		}
	}

	private UpgradeException nobodyAnswered() {
		OptionalLong holder = this.ports.lock().holder();
		String timeout = Incumbent.text(this.settings.connectTimeout());
		if (this.mode == Mode.SUCCESSOR) {
			return new UpgradeException(
					"No running instance answered at %s within %s (pingora.connect-timeout)%s".formatted(
							this.settings.path(), timeout,
							(this.lastRefusal != null) ? "; the last word was: " + this.lastRefusal : ""),
					"See that the running instance uses the same pingora.upgrade-sock. If there is none, start this one"
							+ " without --upgrade, or with --upgrade=auto.");
		}
		return new UpgradeException(
				"%s.lock is held by a running instance%s that does not answer at %s, and was not released within %s"
					.formatted(this.settings.path(), pidText(holder), this.settings.path(), timeout),
				"Another instance is starting or stopping there. Wait for it or end it, or give this one its own"
						+ " pingora.upgrade-sock.");
	}

	/**
	 * The application's start failed, or it is closed before it accepts. What the
	 * incumbent lent goes back.
	 */
	void abandon(String reason) {
		if (this.state != State.FAILED && this.state != State.ACCEPTING) {
			fail(new UpgradeException(reason, "See the log of this instance."));
		}
	}

	private void fail(UpgradeException failure) {
		stopTimer();
		become(State.FAILED);
		Peer peer = this.peer;
		this.peer = null;
		this.offered.forEach((listener) -> listener.descriptor().close());
		this.offered.clear();
		this.ports.listeners().discard();
		this.ports.lock().release();
		if (peer != null) {
			peer.send(new Message.Failed(String.valueOf(failure.getMessage())));
			peer.close();
		}
		this.prepared.completeExceptionally(failure);
		this.listenersDecided.completeExceptionally(failure);
		this.owner.completeExceptionally(failure);
	}

	private void hangUp() {
		Peer peer = this.peer;
		this.peer = null;
		if (peer != null) {
			peer.close();
		}
	}

	// --- state

	State state() {
		return this.state;
	}

	boolean owns(Peer peer) {
		return peer == this.peer;
	}

	Phase phase() {
		return switch (this.state) {
			case NEW, CONNECTING, BUILDING -> Phase.STARTING;
			case WAITING -> Phase.WAITING;
			case ADOPTING, READY, COMMITTED -> Phase.TAKING_OVER;
			case OWNER -> this.cold ? Phase.STARTING : Phase.TAKING_OVER;
			case ACCEPTING -> Phase.SERVING;
			case FAILED -> Phase.STOPPING;
		};
	}

	int generation() {
		return this.generation;
	}

	Snapshot.@Nullable Predecessor predecessor() {
		return (!this.cold && this.incumbent >= 0) ? new Snapshot.Predecessor(this.incumbent, this.draining) : null;
	}

	private void become(State state) {
		this.state = state;
		this.changed.run();
	}

	private void startGivingUp(Duration after) {
		this.giveUpAt = this.ports.control().now().plus(after);
	}

	private boolean gaveUp() {
		return this.ports.control().now().compareTo(this.giveUpAt) >= 0;
	}

	private void retry(Runnable task) {
		startTimer(RETRY, task);
	}

	private void startTimer(Duration delay, Runnable task) {
		stopTimer();
		this.timer = this.ports.control().after(delay, task);
	}

	private void stopTimer() {
		if (this.timer != null) {
			this.timer.cancel();
			this.timer = null;
		}
	}

	private static String pidText(OptionalLong pid) {
		return pid.isPresent() ? " (pid=" + pid.getAsLong() + ")" : "";
	}

}
