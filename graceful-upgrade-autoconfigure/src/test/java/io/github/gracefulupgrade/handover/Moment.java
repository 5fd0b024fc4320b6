package io.github.gracefulupgrade.handover;

import java.time.Duration;

import io.github.gracefulupgrade.handover.Instance.Stage;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Moments of a handover at which something can go wrong, in their order.
 */
enum Moment {

	/**
	 * The successor is being built.
	 */
	BUILDING,

	/**
	 * The successor waits.
	 */
	WAITING,

	/**
	 * OFFER arrived, and the web servers start.
	 */
	OFFERED,

	/**
	 * READY is on its way.
	 */
	READY,

	/**
	 * COMMIT is on its way, and nobody holds the lock.
	 */
	COMMITTED,

	/**
	 * The successor holds the lock, and finishes its start.
	 */
	OWNED,

	/**
	 * ACCEPTING is on its way.
	 */
	ACCEPTING,

	/**
	 * Both accept.
	 */
	CLOSING,

	/**
	 * The incumbent's last requests finish.
	 */
	DRAINING,

	/**
	 * FAREWELL is on its way.
	 */
	LEAVING;

	/**
	 * Requests of the incumbent's that are in flight.
	 */
	static final Duration BUSY = Duration.ofSeconds(20);

	boolean isBefore(Moment moment) {
		return compareTo(moment) < 0;
	}

	/**
	 * Start a successor and go to this moment.
	 */
	Instance reach(World world, Instance incumbent, Mode mode) {
		return reach(world, incumbent, world.instance(mode));
	}

	Instance reach(World world, Instance incumbent, Instance successor) {
		if (this != LEAVING) {
			incumbent.connections.busyFor(BUSY);
		}
		successor.heldAt((this == BUILDING) ? Stage.BUILD : Stage.SERVERS).begin();
		world.settle();
		if (isBefore(OFFERED)) {
			return successor;
		}
		incumbent.handover.signalled();
		world.settle();
		switch (this) {
			case READY -> world.delay(successor, incumbent, true);
			case COMMITTED -> world.delay(incumbent, successor, true);
			default -> {
			}
		}
		if (this != OFFERED) {
			successor.heldAt(Stage.REST);
			world.settle();
		}
		if (this == ACCEPTING) {
			world.delay(successor, incumbent, true);
		}
		if (!isBefore(ACCEPTING)) {
			successor.goesOn();
		}
		if (this == LEAVING) {
			world.delay(incumbent, successor, true);
		}
		if (!isBefore(DRAINING)) {
			world.pass(Instance.CLOSE_TIMEOUT.plusSeconds(1));
		}
		assertThat(incumbent.phase()).isEqualTo(incumbentPhase());
		assertThat(successor.phase()).isEqualTo(successorPhase());
		return successor;
	}

	private Phase incumbentPhase() {
		return switch (this) {
			case BUILDING, WAITING -> Phase.SERVING;
			case OFFERED, READY, COMMITTED, OWNED, ACCEPTING -> Phase.HANDING_OVER;
			case CLOSING -> Phase.CLOSING;
			case DRAINING, LEAVING -> Phase.DRAINING;
		};
	}

	private Phase successorPhase() {
		return switch (this) {
			case BUILDING -> Phase.STARTING;
			case WAITING -> Phase.WAITING;
			case OFFERED, READY, COMMITTED, OWNED -> Phase.TAKING_OVER;
			default -> Phase.SERVING;
		};
	}

}
