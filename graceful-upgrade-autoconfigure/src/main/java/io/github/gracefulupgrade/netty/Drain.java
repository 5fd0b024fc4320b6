package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

import io.github.gracefulupgrade.handover.Connections.Drained;
import io.github.gracefulupgrade.handover.Connections.Established;
import io.github.gracefulupgrade.handover.Connections.Plan;

/**
 * One drain: its plan, its clock, and its counts. Read by all event loops.
 */
final class Drain {

	private final Plan plan;

	private final long end;

	private final Tally tally = new Tally();

	private volatile boolean moving = true;

	private volatile boolean on = true;

	Drain(Plan plan) {
		this.plan = plan;
		this.end = System.nanoTime() + plan.grace().toNanos();
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

	void moving(Established established) {
		this.tally.handedOver.increment();
		this.plan.mover().accept(established);
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
