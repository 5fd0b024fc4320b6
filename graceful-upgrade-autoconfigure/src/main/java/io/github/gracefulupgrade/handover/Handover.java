package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * One instance's part in handovers, from its start to its exit: first as a
 * {@link Successor} (or cold), then as an {@link Incumbent}. This is the door to both
 * roles: it takes what happens, on whatever thread, to the control thread.
 */
public final class Handover implements Peer.Events {

	private final Ports ports;

	private final Ports contained;

	private final Settings settings;

	private final Successor successor;

	/**
	 * In place of the successor in an instance that only tries. Set before anything else
	 * happens, on the control thread.
	 */
	private @Nullable Rehearsal rehearsal;

	private final Incumbent incumbent;

	private final Consumer<Snapshot> observer;

	private Instant since = Instant.now();

	private volatile Snapshot snapshot = new Snapshot(Phase.STARTING, this.since, 0, null, null, null, null, null);

	/**
	 * Whether there is an incumbent to take over from. Written by the control thread.
	 */
	private volatile boolean welcome;

	/**
	 * Create an instance that has not begun to start.
	 * @param ports what the roles need of the world
	 * @param settings how long they wait for what
	 * @param observer told of every change, on the control thread
	 */
	public Handover(Ports ports, Settings settings, Consumer<Snapshot> observer) {
		this.ports = ports;
		this.settings = settings;
		this.observer = observer;
		this.contained = ContainedPorts.of(ports, settings.pid());
		this.successor = new Successor(ports, this.contained, settings, this::changed);
		this.incumbent = new Incumbent(this.contained, settings, this::changed, this.successor::replaced);
	}

	// --- the start, on the application's main thread

	/**
	 * Begin: take the lock, or connect to the incumbent. Waits for at most the connect
	 * timeout.
	 * @param mode what this instance was asked to be
	 * @throws UpgradeException if it cannot be that
	 * @throws InterruptedException if the application is shut down meanwhile
	 */
	public void prepare(Mode mode) throws InterruptedException {
		await(prepared(mode));
	}

	CompletableFuture<Void> prepared(Mode mode) {
		return onControlThread(() -> {
			if (mode != Mode.TEST) {
				return this.successor.prepare(mode);
			}
			Rehearsal rehearsal = new Rehearsal(this.ports, this.settings);
			this.rehearsal = rehearsal;
			return rehearsal.prepare();
		});
	}

	/**
	 * Wait before the web servers start until it is decided what they listen on. A
	 * successor waits here for its incumbent, for as long as that takes.
	 * @throws UpgradeException if there is nothing to take over
	 * @throws InterruptedException if the application is shut down meanwhile
	 */
	public void awaitListeners() throws InterruptedException {
		await(listenersDecided());
	}

	CompletableFuture<Void> listenersDecided() {
		return onControlThread(
				() -> (this.rehearsal != null) ? this.rehearsal.awaitOffer() : this.successor.awaitOffer());
	}

	/**
	 * Whether this instance starts without an incumbent to take over from. Known once
	 * {@link #awaitListeners()} has returned.
	 * @return whether it starts cold
	 */
	public boolean isCold() {
		return this.snapshot.phase() == Phase.STARTING;
	}

	/**
	 * Whether an incumbent has welcomed this instance, so that it is going to wait for
	 * the incumbent's listeners. May be called from any thread.
	 * @return whether this is a successor
	 */
	public boolean isWelcome() {
		return this.welcome;
	}

	/**
	 * Wait after the web servers started until this instance owns its listeners. A
	 * successor waits here for at most the ready timeout.
	 * @throws UpgradeException if the handover failed
	 * @throws InterruptedException if the application is shut down meanwhile
	 */
	public void awaitOwnership() throws InterruptedException {
		await(owned());
	}

	CompletableFuture<Void> owned() {
		return onControlThread(
				() -> (this.rehearsal != null) ? this.rehearsal.awaitCommit() : this.successor.awaitCommit());
	}

	/**
	 * The application is ready: accept connections, and be the incumbent from now on.
	 * @throws UpgradeException if this instance has lost its listeners meanwhile
	 * @throws InterruptedException if the application is shut down meanwhile
	 */
	public void serve() throws InterruptedException {
		await(serving());
	}

	CompletableFuture<Void> serving() {
		return onControlThread(() -> {
			if (this.incumbent.state() != IncumbentState.STARTING) {
				throw shutDown();
			}
			this.incumbent.serve(this.successor.accept());
			return CompletableFuture.completedFuture(null);
		});
	}

	/**
	 * The start failed, or the application is closed before it serves. Does nothing if it
	 * serves. May be called from any thread, and more than once.
	 * @param reason a sentence for the incumbent's log
	 */
	public void abandon(String reason) {
		this.ports.control().execute(() -> {
			if (this.rehearsal != null) {
				this.rehearsal.abandon();
			}
			this.successor.abandon(reason);
		});
	}

	// --- the life of an incumbent

	/**
	 * SIGQUIT came. May be called from any thread.
	 */
	public void signalled() {
		this.ports.control().execute(() -> this.incumbent.trigger(Trigger.signal()));
	}

	/**
	 * SIGHUP came. May be called from any thread.
	 */
	public void hungUp() {
		this.ports.control().execute(() -> this.incumbent.trigger(Trigger.hangup()));
	}

	/**
	 * Somebody asks for a handover. May be called from any thread.
	 * @return completes with the outcome, on the control thread
	 */
	public CompletableFuture<Attempt> requested() {
		CompletableFuture<Attempt> reply = new CompletableFuture<>();
		Trigger trigger = new Trigger(Trigger.Source.REQUEST, reply);
		if (!this.ports.control().execute(() -> this.incumbent.trigger(trigger))) {
			reply.complete(new Attempt(Attempt.Outcome.REFUSED, "this instance has shut down", Duration.ZERO,
					OptionalLong.empty(), List.of()));
		}
		return reply;
	}

	/**
	 * The application context begins to close. May be called from any thread but the
	 * control thread.
	 * @return completes when it may go on to close: at once, unless a successor takes
	 * over right now, which then comes first, for at most the grace period
	 */
	public CompletableFuture<Void> closing() {
		CompletableFuture<Void> done = new CompletableFuture<>();
		boolean runs = this.ports.control().execute(() -> {
			this.successor.shutDown();
			this.incumbent.shutDown(done);
		});
		return runs ? done : CompletableFuture.completedFuture(null);
	}

	/**
	 * The listeners are closed: whoever comes may start cold. May be called from any
	 * thread.
	 * @return completes when the lock is free
	 */
	public CompletableFuture<Void> released() {
		CompletableFuture<Void> done = new CompletableFuture<>();
		boolean runs = this.ports.control().execute(() -> {
			if (this.incumbent.state() == IncumbentState.STOPPING) {
				this.contained.lock().release();
				// If the predecessor still drains, it is the one to serve now.
				this.successor.letGoOfPredecessor();
			}
			done.complete(null);
		});
		return runs ? done : CompletableFuture.completedFuture(null);
	}

	/**
	 * The state. May be called from any thread.
	 * @return the state after the last change
	 */
	public Snapshot snapshot() {
		return this.snapshot;
	}

	// --- peers, on threads of the wire

	@Override
	public void connected(Peer peer) {
		this.ports.control().execute(() -> this.incumbent.connected(peer));
	}

	@Override
	public void received(Peer peer, Message message) {
		this.ports.control().execute(() -> {
			if (this.rehearsal != null && this.rehearsal.owns(peer)) {
				this.rehearsal.received(message);
			}
			else if (this.successor.owns(peer)) {
				this.successor.received(peer, message);
			}
			else {
				this.incumbent.received(peer, message);
			}
		});
	}

	@Override
	public void disconnected(Peer peer, String reason) {
		this.ports.control().execute(() -> {
			if (this.rehearsal != null && this.rehearsal.owns(peer)) {
				this.rehearsal.disconnected(reason);
			}
			else if (this.successor.owns(peer)) {
				this.successor.disconnected(reason);
			}
			else {
				this.incumbent.disconnected(peer, reason);
			}
		});
	}

	// --- internals

	private CompletableFuture<Void> onControlThread(Supplier<CompletableFuture<Void>> step) {
		CompletableFuture<Void> done = new CompletableFuture<>();
		boolean runs = this.ports.control().execute(() -> {
			try {
				step.get().whenComplete((result, failure) -> {
					if (failure != null) {
						done.completeExceptionally(failure);
					}
					else {
						done.complete(null);
					}
				});
			}
			catch (RuntimeException | Error ex) {
				done.completeExceptionally(ex);
			}
		});
		if (!runs) {
			done.completeExceptionally(shutDown());
		}
		return done;
	}

	private static UpgradeException shutDown() {
		return new UpgradeException("This instance is shut down before it could serve",
				"Nothing: this is what SIGTERM does to an instance that starts.");
	}

	/**
	 * Wait without a timeout: the deadlines are the control thread's, and Spring's
	 * shutdown hook interrupts a main thread only if it waits without one.
	 */
	private static void await(CompletableFuture<Void> step) throws InterruptedException {
		try {
			step.get();
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof UpgradeException failure) {
				throw failure;
			}
			throw new IllegalStateException(ex.getCause());
		}
	}

	private void changed() {
		this.welcome = this.successor.isWelcome();
		boolean serving = (this.incumbent.state() != IncumbentState.STARTING);
		Phase phase = serving ? this.incumbent.state().phase() : this.successor.phase();
		if (!serving && phase == Phase.SERVING) {
			return; // between the two roles: the next change follows at once
		}
		if (phase != this.snapshot.phase()) {
			this.since = Instant.now();
		}
		this.snapshot = new Snapshot(phase, this.since, this.successor.generation(), this.incumbent.successor(),
				this.successor.predecessor(), this.incumbent.drainDeadline(), this.incumbent.lastAttempt(),
				this.incumbent.spawn());
		try {
			this.observer.accept(this.snapshot);
		}
		catch (RuntimeException | Error ex) {
			this.ports.journal()
				.warn("pid=%d is in phase %s, and somebody who was told failed: %s".formatted(this.settings.pid(),
						phase, ex));
		}
	}

}
