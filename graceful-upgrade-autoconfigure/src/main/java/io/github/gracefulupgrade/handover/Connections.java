package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The connections that this instance accepted.
 */
public interface Connections {

	/**
	 * Let what is in flight finish, and close every connection when it has, or hand it
	 * over. Called on the control thread; does not wait.
	 * @param plan what to do
	 * @param done told once, on any thread, unless {@link #cancelDrain()} came first
	 */
	void drain(Plan plan, Consumer<Drained> done);

	/**
	 * Hand over no more connections: what would have been is announced to close instead.
	 * Said before any comes back. Called on the control thread.
	 */
	void stopHandingOver();

	/**
	 * Stop draining and serve again. Called on the control thread.
	 */
	void cancelDrain();

	/**
	 * Serve a connection that the incumbent established. Takes ownership of its
	 * descriptor. Called on the control thread; does not wait.
	 * @param connection the connection; its listener has the name that the incumbent gave
	 * it
	 * @return whether it is served; if not, its descriptor is closed
	 */
	boolean adopt(Established connection);

	/**
	 * Serve a connection again that this instance wanted to hand over. Takes ownership of
	 * its descriptor. Called on the control thread; does not wait.
	 * @param connection the connection, as it was when it went
	 * @return whether it is served; if not, its descriptor is closed
	 */
	boolean takeBack(Established connection);

	/**
	 * How many connections more this instance could take. May be called from any thread.
	 * @return a number that leaves descriptors for other things, not negative
	 */
	int room();

	/**
	 * How far the drain has come. May be called from any thread.
	 * @return what is left
	 */
	Progress progress();

	/**
	 * What a drain is to do.
	 *
	 * @param grace how long requests may still take; what is left then is cut
	 * @param closeIdle whether connections between requests are closed, because there is
	 * nobody who could serve them. Otherwise they stay open for one more request, whose
	 * response announces the close, so that no request is lost on its way here.
	 * @param movable the names of the listeners whose connections may be handed over
	 * @param mover takes connections that are handed over, each with its descriptor;
	 * called on any thread
	 */
	record Plan(Duration grace, boolean closeIdle, Set<String> movable, Consumer<Established> mover) {

		public Plan {
			movable = Set.copyOf(movable);
		}

		/**
		 * The plan of an instance whose successor takes connections.
		 * @param grace how long requests may still take
		 * @param movable the names of the listeners whose connections it takes
		 * @param mover takes them
		 * @return the plan
		 */
		public static Plan withSuccessor(Duration grace, Set<String> movable, Consumer<Established> mover) {
			return new Plan(grace, false, movable, mover);
		}

		/**
		 * The plan of an instance whose successor takes no connections.
		 * @param grace how long requests may still take
		 * @return the plan
		 */
		public static Plan withSuccessor(Duration grace) {
			return new Plan(grace, false, Set.of(), (connection) -> connection.descriptor().close());
		}

		/**
		 * The plan of an instance that nobody succeeds.
		 * @param grace how long requests may still take
		 * @return the plan
		 */
		public static Plan withoutSuccessor(Duration grace) {
			return new Plan(grace, true, Set.of(), (connection) -> connection.descriptor().close());
		}

	}

	/**
	 * A connection on its way from one process to another.
	 *
	 * @param listener the name of the listener that it was accepted on, as the process
	 * has it that hands it over
	 * @param remote the address of the client, {@code host:port}
	 * @param descriptor the connected socket, owned by whoever holds this object
	 */
	record Established(String listener, String remote, Descriptor descriptor) {
	}

	/**
	 * What a drain came to.
	 *
	 * @param finished requests that were answered while it ran
	 * @param cut requests that were not answered in time
	 * @param handedOver connections that the successor serves on
	 * @param announced connections that were closed after a response that said so
	 * @param goneAway HTTP/2 connections that were told to go away
	 * @param webSockets WebSocket connections that were closed with a Close frame
	 */
	record Drained(long finished, long cut, long handedOver, long announced, long goneAway, long webSockets) {

		/**
		 * Nothing at all.
		 */
		public static final Drained NOTHING = new Drained(0, 0, 0, 0, 0, 0);

		/**
		 * The same with another number of connections that were handed over.
		 * @param handedOver connections that the successor serves on
		 * @return the corrected one
		 */
		public Drained withHandedOver(long handedOver) {
			return new Drained(this.finished, this.cut, handedOver, this.announced, this.goneAway, this.webSockets);
		}

		/**
		 * What this and another drain came to.
		 * @param other the other one
		 * @return both together
		 */
		public Drained plus(Drained other) {
			return new Drained(this.finished + other.finished, this.cut + other.cut, this.handedOver + other.handedOver,
					this.announced + other.announced, this.goneAway + other.goneAway,
					this.webSockets + other.webSockets);
		}

	}

	/**
	 * How far a drain has come.
	 *
	 * @param connections open connections
	 * @param requests requests in flight
	 * @param soFar what the drain came to so far
	 */
	record Progress(int connections, int requests, Drained soFar) {
	}

}
