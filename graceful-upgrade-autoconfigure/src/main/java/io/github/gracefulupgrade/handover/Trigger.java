package io.github.gracefulupgrade.handover;

import java.util.concurrent.CompletableFuture;

/**
 * Somebody asks for a handover.
 *
 * @param source who
 * @param reply told of the outcome
 */
record Trigger(Source source, CompletableFuture<Attempt> reply) {

	static Trigger signal() {
		return new Trigger(Source.SIGNAL, new CompletableFuture<>());
	}

	static Trigger hangup() {
		return new Trigger(Source.HANGUP, new CompletableFuture<>());
	}

	/**
	 * Whether whoever asks wants a successor to be started if there is none.
	 */
	boolean startsSuccessor() {
		return this.source != Source.SIGNAL;
	}

	/**
	 * Whether it is a SIGQUIT, which may come before the successor that it is meant for.
	 */
	boolean isSignal() {
		return this.source == Source.SIGNAL;
	}

	@Override
	public String toString() {
		return this.source.text;
	}

	/**
	 * Who can ask.
	 */
	enum Source {

		/**
		 * SIGQUIT.
		 */
		SIGNAL("SIGQUIT"),

		/**
		 * SIGHUP.
		 */
		HANGUP("SIGHUP"),

		/**
		 * The actuator endpoint, or the application itself.
		 */
		REQUEST("Request");

		private final String text;

		Source(String text) {
			this.text = text;
		}

	}

}
