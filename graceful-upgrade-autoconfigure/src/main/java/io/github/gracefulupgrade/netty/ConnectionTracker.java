package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Predicate;

import io.github.gracefulupgrade.handover.Connections;
import io.github.gracefulupgrade.handover.Descriptor;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.concurrent.GlobalEventExecutor;
import org.jspecify.annotations.Nullable;
import reactor.netty.ChannelPipelineConfigurer;

/**
 * Knows every connection of every upgradable server, from accept to close, and drains
 * them.
 * <p>
 * The set of connections is concurrent; what is known of one connection is its event
 * loop's; the drain that is on is written by the control thread and read by the event
 * loops.
 */
public final class ConnectionTracker implements Connections {

	private final IntFunction<Descriptor> duplicator;

	private final Duration connectionsOver;

	private final StatelessHandlers statelessHandlers;

	private final ExchangeStates states;

	private final DescriptorBudget budget = new DescriptorBudget();

	private final Set<TrackedConnection> connections = ConcurrentHashMap.newKeySet();

	/**
	 * Connections from elsewhere that are on their way to an event loop, and not in the
	 * set yet.
	 */
	private final AtomicInteger arriving = new AtomicInteger();

	/**
	 * Connections that came back since a drain last said what it came to: they may take
	 * longer than the drain that handed them over.
	 */
	private final LongAdder cameBack = new LongAdder();

	private volatile @Nullable Drain drain;

	private volatile @Nullable Ending ending;

	/**
	 * Done when nothing is accepted any more. Written by the control thread.
	 */
	private volatile CompletableFuture<Void> paused = CompletableFuture.completedFuture(null);

	/**
	 * Makes an accepted connection of one that another process accepted. Set once, before
	 * any is.
	 */
	private volatile Predicate<Established> adopter = ConnectionTracker::refuse;

	/**
	 * The same for one that this process accepted.
	 */
	private volatile Predicate<Established> reclaimer = ConnectionTracker::refuse;

	/**
	 * Create a tracker.
	 * @param duplicator makes a duplicate of a descriptor, with close-on-exec; throws if
	 * the process has too many
	 * @param connectionsOver over how long a drain hands connections over; zero for at
	 * once
	 * @param statelessHandlers with which handlers a connection can be handed over
	 */
	public ConnectionTracker(IntFunction<Descriptor> duplicator, Duration connectionsOver,
			StatelessHandlers statelessHandlers) {
		this(duplicator, connectionsOver, statelessHandlers, ExchangeStates.ofThisVersion());
	}

	ConnectionTracker(IntFunction<Descriptor> duplicator, Duration connectionsOver, StatelessHandlers statelessHandlers,
			ExchangeStates states) {
		this.states = states;
		this.duplicator = duplicator;
		this.connectionsOver = connectionsOver;
		this.statelessHandlers = statelessHandlers;
	}

	/**
	 * Who takes connections that come from elsewhere.
	 * @param adopter takes those of another process
	 * @param reclaimer takes those of this one that come back
	 */
	void adoptThrough(Predicate<Established> adopter, Predicate<Established> reclaimer) {
		this.adopter = adopter;
		this.reclaimer = reclaimer;
	}

	private static boolean refuse(Established connection) {
		connection.descriptor().close();
		return false;
	}

	/**
	 * The listeners are being paused.
	 * @param paused done when each has stopped accepting
	 */
	void pausing(CompletableFuture<Void> paused) {
		this.paused = paused;
	}

	/**
	 * A connection was accepted, or adopted: called on the event loop of the server
	 * channel, before the connection is registered to its own.
	 */
	TrackedConnection accepted(Channel channel, ListenerTraits listener) {
		TrackedConnection connection = new TrackedConnection(channel, listener, this);
		channel.attr(TrackedConnection.KEY).set(connection);
		this.connections.add(connection);
		channel.closeFuture().addListener((ChannelFutureListener) (future) -> {
			if (!connection.isMoving()) {
				closed(connection);
			}
		});
		return connection;
	}

	/**
	 * Nothing is left to do for a connection. May be called more than once.
	 */
	void closed(TrackedConnection connection) {
		this.connections.remove(connection);
		ifNothingIsLeft();
	}

	private void ifNothingIsLeft() {
		Ending ending = this.ending;
		if (ending != null) {
			ending.ifNothingIsLeft();
		}
	}

	/**
	 * Sees a connection when Reactor Netty has set it up. Not an observer of its states,
	 * which would cost every request something.
	 */
	ChannelPipelineConfigurer configurer() {
		return (observer, channel, remoteAddress) -> {
			TrackedConnection tracked = channel.attr(TrackedConnection.KEY).get();
			if (tracked != null) {
				tracked.initialized();
			}
		};
	}

	@Nullable Drain drain() {
		return this.drain;
	}

	StatelessHandlers statelessHandlers() {
		return this.statelessHandlers;
	}

	ExchangeStates states() {
		return this.states;
	}

	Descriptor duplicate(int descriptor) {
		return this.duplicator.apply(descriptor);
	}

	@Override
	public void drain(Plan plan, Consumer<Drained> done) {
		Drain drain = new Drain(plan, this.connectionsOver);
		this.drain = drain;
		Ending ending = new Ending(drain, done);
		this.ending = ending;
		this.connections.forEach((connection) -> connection.execute(connection::drain));
		ending.begin();
	}

	@Override
	public void stopHandingOver() {
		Drain drain = this.drain;
		if (drain != null) {
			drain.stopMoving();
			this.connections.forEach((connection) -> connection.execute(connection::drain));
		}
	}

	@Override
	public void cancelDrain() {
		Drain drain = this.drain;
		Ending ending = this.ending;
		this.drain = null;
		this.ending = null;
		this.cameBack.reset();
		if (drain != null) {
			drain.off();
		}
		if (ending != null) {
			ending.cancel();
		}
		this.connections.forEach((connection) -> connection.execute(connection::serveOn));
	}

	@Override
	public boolean adopt(Established connection) {
		return serve(connection, this.adopter);
	}

	@Override
	public boolean takeBack(Established connection) {
		if (this.drain != null) {
			this.cameBack.increment();
		}
		return serve(connection, this.reclaimer);
	}

	private boolean serve(Established connection, Predicate<Established> taker) {
		this.budget.use();
		this.arriving.incrementAndGet();
		boolean served = taker.test(connection);
		if (!served) {
			arrived();
		}
		return served;
	}

	/**
	 * A connection from elsewhere is in the set, or closed.
	 */
	void arrived() {
		this.arriving.decrementAndGet();
		ifNothingIsLeft();
	}

	@Override
	public int room() {
		return this.budget.left();
	}

	@Override
	public Progress progress() {
		int requests = this.connections.stream().mapToInt(TrackedConnection::inFlight).sum();
		Drain drain = this.drain;
		return new Progress(this.connections.size(), requests,
				(drain != null) ? drain.tally().result(this.cameBack.sum()) : Drained.NOTHING);
	}

	/**
	 * Watches for the end of a drain: nothing left, or no time left.
	 */
	private final class Ending {

		private final Drain drain;

		private final Consumer<Drained> done;

		private final AtomicBoolean ended = new AtomicBoolean();

		private volatile boolean paused;

		private volatile @Nullable Future<?> cut;

		Ending(Drain drain, Consumer<Drained> done) {
			this.drain = drain;
			this.done = done;
		}

		void begin() {
			// A connection that was accepted just before the pause is in the set when
			// the pause is complete, not before.
			this.cut = GlobalEventExecutor.INSTANCE.schedule(this::cutWhatIsLeft, this.drain.left().toNanos(),
					TimeUnit.NANOSECONDS);
			ConnectionTracker.this.paused.thenRun(() -> {
				this.paused = true;
				ifNothingIsLeft();
			});
		}

		void ifNothingIsLeft() {
			if (this.paused && ConnectionTracker.this.arriving.get() == 0
					&& ConnectionTracker.this.connections.isEmpty() && this.ended.compareAndSet(false, true)) {
				cancelCut();
				this.done.accept(this.drain.tally().result(ConnectionTracker.this.cameBack.sumThenReset()));
			}
		}

		private void cutWhatIsLeft() {
			if (!this.ended.compareAndSet(false, true)) {
				return;
			}
			ConnectionTracker.this.connections.forEach((connection) -> {
				this.drain.tally().cut.add(connection.inFlight());
				connection.execute(connection::cut);
			});
			this.done.accept(this.drain.tally().result(ConnectionTracker.this.cameBack.sumThenReset()));
		}

		void cancel() {
			this.ended.set(true);
			cancelCut();
		}

		private void cancelCut() {
			Future<?> cut = this.cut;
			if (cut != null) {
				cut.cancel(false);
			}
		}

	}

}
