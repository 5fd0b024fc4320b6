package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * Lets an instance accept for a part of the time only, while its predecessor or its
 * successor accepts on the same socket: opens and shuts a gate in turns.
 * <p>
 * At every moment one of the two accepts all the time: the incumbent until half of the
 * time has passed, the successor from then on. So no connection waits for anybody's turn,
 * the turns of two processes need not fit together, and either can end by itself. A turn
 * is no more than a chance, since while both accept, a connection is that one's which
 * comes first; a process that is busy with something else is not held against its
 * clients. Should both be at less than all the time (their close timeouts differ, or an
 * incumbent shuts down early), a connect waits in the kernel's queue for a part of a
 * slice.
 * <p>
 * All state is the event loop's.
 */
final class AcceptRamp {

	/**
	 * How often a turn begins. Short, since it is also how long a connect might wait.
	 */
	static final Duration SLICE = Duration.ofMillis(50);

	/**
	 * The smallest part of a slice.
	 */
	static final double LEAST = 0.05;

	/**
	 * How long an incumbent keeps to the smallest part when its time is over: what is to
	 * shut its gate for good comes from another thread.
	 */
	static final Duration SLACK = Duration.ofSeconds(1);

	private final EventLoop loop;

	private final LongSupplier clock;

	private final Consumer<Boolean> gate;

	private final boolean growing;

	private final long over;

	private final long start;

	private @Nullable Future<?> next;

	private AcceptRamp(EventLoop loop, LongSupplier clock, boolean growing, Duration over, Consumer<Boolean> gate) {
		this.loop = loop;
		this.clock = clock;
		this.growing = growing;
		this.over = Math.max(1, over.toNanos());
		this.gate = gate;
		this.start = clock.getAsLong();
	}

	/**
	 * Begin, on the event loop.
	 * @param growing whether the part grows, as a successor's does, or shrinks
	 * @param over how long both accept; a successor accepts all the time after half of it
	 * @param gate told to open ({@code true}) and to shut
	 * @return the ramp
	 */
	static AcceptRamp begin(EventLoop loop, boolean growing, Duration over, Consumer<Boolean> gate) {
		return begin(loop, System::nanoTime, growing, over, gate);
	}

	static AcceptRamp begin(EventLoop loop, LongSupplier clock, boolean growing, Duration over,
			Consumer<Boolean> gate) {
		AcceptRamp ramp = new AcceptRamp(loop, clock, growing, over, gate);
		ramp.slice();
		return ramp;
	}

	/**
	 * End early. The gate stays as it is.
	 */
	void end() {
		Future<?> next = this.next;
		if (next != null) {
			next.cancel(false);
		}
	}

	private void slice() {
		long passed = this.clock.getAsLong() - this.start;
		this.gate.accept(true);
		if (passed >= duration()) {
			return;
		}
		long open = (long) (part(passed) * SLICE.toNanos());
		if (open >= SLICE.toNanos()) {
			after(SLICE.toNanos(), this::slice);
			return;
		}
		after(open, () -> {
			this.gate.accept(false);
			after(SLICE.toNanos() - open, this::slice);
		});
	}

	private void after(long nanos, Runnable task) {
		this.next = this.loop.schedule(task, nanos, TimeUnit.NANOSECONDS);
	}

	/**
	 * When the gate is open for good, whatever others did or failed to do.
	 */
	private long duration() {
		return this.growing ? this.over / 2 : this.over + SLACK.toNanos();
	}

	/**
	 * The part of the time in which the gate is open. Both parts together let the
	 * successor's share of new connections grow evenly, from none to half of them while
	 * the incumbent accepts all the time, and from there to all.
	 */
	private double part(long passed) {
		double part = 2.0 * passed / this.over;
		return Math.min(1, Math.max(LEAST, this.growing ? part : 2 - part));
	}

}
