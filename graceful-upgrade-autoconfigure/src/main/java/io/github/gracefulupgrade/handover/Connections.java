package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * The connections that this instance accepted.
 */
public interface Connections {

	/**
	 * Let what is in flight finish, and close every connection when it has. Called on the
	 * control thread; does not wait.
	 * @param grace how long requests may still take; what is left then is cut
	 * @param idle what happens to connections that are between requests
	 * @param done told once, on any thread, unless {@link #cancelDrain()} came first
	 */
	void drain(Duration grace, Idle idle, Consumer<Drained> done);

	/**
	 * Stop draining and serve again. Called on the control thread.
	 */
	void cancelDrain();

	/**
	 * How far the drain has come. May be called from any thread.
	 * @return what is left
	 */
	Progress progress();

	/**
	 * What a drain does with connections that are between requests.
	 */
	enum Idle {

		/**
		 * They are closed: there is nobody who could serve them.
		 */
		CLOSE,

		/**
		 * They stay open for one more request, whose response announces the close, so
		 * that no request is lost on its way here.
		 */
		ANNOUNCE

	}

	/**
	 * What a drain came to.
	 *
	 * @param finished requests that were in flight when it began, and were answered
	 * @param cut requests that were not answered in time
	 */
	record Drained(long finished, long cut) {
	}

	/**
	 * How far a drain has come.
	 *
	 * @param connections open connections
	 * @param requests requests in flight
	 * @param finished requests answered since the drain began
	 */
	record Progress(int connections, int requests, long finished) {
	}

}
