package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.Connections;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;
import reactor.netty.ConnectionObserver;

/**
 * Knows every connection of every upgradable server, from accept to close, and drains
 * them.
 * <p>
 * The set of connections is concurrent; what is known of one connection is its event
 * loop's; {@link #drain} is written by the control thread and read by the event loops.
 */
public final class ConnectionTracker implements Connections {

	private final Set<TrackedConnection> connections = ConcurrentHashMap.newKeySet();

	private volatile @Nullable Drain drain;

	/**
	 * A connection was accepted: called on the event loop of the server channel, before
	 * the connection is registered to its own.
	 */
	void accepted(Channel channel) {
		TrackedConnection connection = new TrackedConnection(channel, this);
		channel.attr(TrackedConnection.KEY).set(connection);
		this.connections.add(connection);
		channel.closeFuture().addListener((ChannelFutureListener) (future) -> closed(connection));
	}

	private void closed(TrackedConnection connection) {
		this.connections.remove(connection);
		Drain drain = this.drain;
		if (drain != null) {
			drain.doneIfNothingIsLeft();
		}
	}

	/**
	 * Sees a connection when Reactor Netty has set up its pipeline, which for TLS is
	 * after the handshake: the first moment at which it is known what it speaks.
	 */
	ConnectionObserver observer() {
		return (connection, state) -> {
			if (state == ConnectionObserver.State.CONNECTED) {
				TrackedConnection tracked = connection.channel().attr(TrackedConnection.KEY).get();
				if (tracked != null) {
					tracked.connected();
				}
			}
		};
	}

	@Override
	public void drain(Duration grace, Idle idle, Consumer<Drained> done) {
		Drain drain = new Drain(idle, done);
		this.drain = drain;
		drain.start(grace);
	}

	@Override
	public void cancelDrain() {
		Drain drain = this.drain;
		this.drain = null;
		if (drain != null) {
			drain.cancel();
		}
		this.connections.forEach(TrackedConnection::serveOn);
	}

	@Override
	public Progress progress() {
		int requests = this.connections.stream().mapToInt(TrackedConnection::inFlight).sum();
		Drain drain = this.drain;
		return new Progress(this.connections.size(), requests, (drain != null) ? drain.finished.sum() : 0);
	}

	/**
	 * Count a response that ended while a drain was on.
	 */
	void answered() {
		Drain drain = this.drain;
		if (drain != null) {
			drain.finished.increment();
		}
	}

	/**
	 * One drain, from pausing the listeners to the last close.
	 */
	private final class Drain {

		private final Idle idle;

		private final Consumer<Drained> done;

		private final LongAdder finished = new LongAdder();

		private final LongAdder cut = new LongAdder();

		private final AtomicBoolean ended = new AtomicBoolean();

		private volatile boolean begun;

		private volatile @Nullable ScheduledFuture<?> deadline;

		Drain(Idle idle, Consumer<Drained> done) {
			this.idle = idle;
			this.done = done;
		}

		void start(Duration grace) {
			this.deadline = io.netty.util.concurrent.GlobalEventExecutor.INSTANCE.schedule(this::cutWhatIsLeft,
					grace.toMillis(), TimeUnit.MILLISECONDS);
			ConnectionTracker.this.connections.forEach((connection) -> connection.drain(this.idle));
			this.begun = true;
			doneIfNothingIsLeft();
		}

		void doneIfNothingIsLeft() {
			if (this.begun && ConnectionTracker.this.connections.isEmpty()) {
				end();
			}
		}

		private void cutWhatIsLeft() {
			ConnectionTracker.this.connections.forEach((connection) -> {
				int requests = connection.inFlight();
				this.cut.add(requests);
				connection.cut();
			});
			end();
		}

		private void end() {
			if (this.ended.compareAndSet(false, true)) {
				cancelDeadline();
				this.done.accept(new Drained(this.finished.sum(), this.cut.sum()));
			}
		}

		void cancel() {
			this.ended.set(true);
			cancelDeadline();
		}

		private void cancelDeadline() {
			ScheduledFuture<?> deadline = this.deadline;
			if (deadline != null) {
				deadline.cancel(false);
			}
		}

	}

}
