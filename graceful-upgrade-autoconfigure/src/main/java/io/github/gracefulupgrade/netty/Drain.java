package io.github.gracefulupgrade.netty;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import io.github.gracefulupgrade.handover.Connections.Drained;
import io.github.gracefulupgrade.handover.Connections.Established;
import io.github.gracefulupgrade.handover.Connections.Plan;

/**
 * One drain: its plan, its clock, and its counts. Read by all event loops.
 */
final class Drain {

	/**
	 * The fractions of its multiples are spread evenly, however many there are.
	 */
	private static final double GOLDEN_RATIO = 0.618033988749895;

	private static final Logger logger = System.getLogger(Drain.class.getName());

	private final AtomicBoolean foreignHandlerTold = new AtomicBoolean();

	private final Plan plan;

	private final long start = System.nanoTime();

	private final long end;

	/**
	 * Over how long the moments are spread at which connections are handed over, in
	 * nanoseconds.
	 */
	private final long spread;

	private final AtomicInteger moments = new AtomicInteger();

	private final Tally tally = new Tally();

	private volatile boolean moving = true;

	private volatile boolean on = true;

	/**
	 * Create a drain that begins now.
	 * @param plan what it is to do
	 * @param connectionsOver over how long connections are handed over; the last third of
	 * the grace period is left for those that are busy then
	 */
	Drain(Plan plan, Duration connectionsOver) {
		this.plan = plan;
		this.end = this.start + plan.grace().toNanos();
		this.spread = Math.min(connectionsOver.toNanos(), plan.grace().toNanos() / 3 * 2);
	}

	Plan plan() {
		return this.plan;
	}

	Tally tally() {
		return this.tally;
	}

	/**
	 * What is left of the grace period, not negative.
	 */
	Duration left() {
		return Duration.ofNanos(Math.max(0, this.end - System.nanoTime()));
	}

	/**
	 * Whether it is time to come to an end with clients that never pause.
	 */
	boolean isLate() {
		return left().compareTo(this.plan.grace().dividedBy(3)) < 0;
	}

	boolean moves(String listener) {
		return this.moving && this.plan.movable().contains(listener);
	}

	/**
	 * Whether connections have moments of their own.
	 */
	boolean isSpread() {
		return this.spread > 0;
	}

	/**
	 * The moment from which one more connection may be handed over.
	 * @return the moment, as {@link System#nanoTime()}
	 */
	long nextMoment() {
		double position = this.moments.getAndIncrement() * GOLDEN_RATIO;
		return this.start + (long) ((position - Math.floor(position)) * this.spread);
	}

	void moving(Established established) {
		this.tally.handedOver.increment();
		this.plan.mover().accept(established);
	}

	/**
	 * A connection cannot be handed over because of a handler that may have state. Told
	 * once: an agent adds one to each.
	 */
	void staysBecauseOf(String handler) {
		if (this.foreignHandlerTold.compareAndSet(false, true)) {
			logger.log(Level.INFO, "A connection with a handler of " + handler
					+ " is not handed over, but told to close. If such a"
					+ " handler keeps nothing from one request to the next, say so in pingora.stateless-handlers");
		}
	}

	void stopMoving() {
		this.moving = false;
	}

	boolean isOn() {
		return this.on;
	}

	void off() {
		this.on = false;
	}

	/**
	 * What became of connections and requests.
	 */
	static final class Tally {

		final LongAdder finished = new LongAdder();

		final LongAdder cut = new LongAdder();

		final LongAdder handedOver = new LongAdder();

		final LongAdder announced = new LongAdder();

		final LongAdder goneAway = new LongAdder();

		final LongAdder webSockets = new LongAdder();

		Drained result(long cameBack) {
			return new Drained(this.finished.sum(), this.cut.sum(), Math.max(0, this.handedOver.sum() - cameBack),
					this.announced.sum(), this.goneAway.sum(), this.webSockets.sum());
		}

	}

}
