package io.github.gracefulupgrade.benchmark;

import java.nio.file.Path;

/**
 * A kind of server, and how its operators replace it by a new version of itself.
 */
interface Contender {

	/** A short name, the same in all tables and file names. */
	String name();

	/** What the operator does, in a line. */
	String procedure();

	/**
	 * Build or find what is needed.
	 * @return its version
	 * @throws Unavailable if that cannot be had on this machine
	 */
	String make() throws Exception;

	/** How long its first instance is under load before anything is measured. */
	default int warmUpSeconds() {
		return 1;
	}

	/**
	 * Start the first instance, and wait until it serves.
	 * @param port where on the loopback interface
	 * @param folder an empty folder; whatever is started names it in its command line
	 */
	Service start(int port, Path folder) throws Exception;

	/**
	 * What serves on the port: one instance, or two while they change.
	 */
	interface Service extends AutoCloseable {

		/** Start the successor, if that is a step of its own, up to where it waits. */
		default void prepare() throws Exception {
		}

		/** Do what the operator does to switch. Its begin is the moment of the switch. */
		void replace() throws Exception;

		@Override
		void close();

	}

	/**
	 * Says why a contender cannot take part.
	 */
	@SuppressWarnings("serial")
	final class Unavailable extends Exception {

		Unavailable(String reason) {
			super(reason);
		}

	}

}
