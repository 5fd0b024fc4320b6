package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * Starts the successor, for those who want the incumbent to do that itself. What is
 * started is the operator's configuration alone. Called on the control thread; none of
 * these methods waits.
 */
public interface Spawner {

	/**
	 * Whether this instance may start its successor.
	 * @return whether it may
	 */
	boolean isEnabled();

	/**
	 * How long what was started may take until it waits to be handed over to.
	 * @return the duration, positive
	 */
	Duration timeout();

	/**
	 * Start the successor.
	 * @param watcher told of what becomes of it, on any thread
	 * @return the process, which may not be there yet
	 */
	Child start(Watcher watcher);

	/**
	 * Told of what becomes of a process.
	 */
	interface Watcher {

		/**
		 * It has been started.
		 * @param pid its process id
		 */
		void started(long pid);

		/**
		 * It has ended, or could not be started. Told once, and nothing after it.
		 * @param how the rest of a sentence that begins with the process
		 */
		void over(String how);

	}

	/**
	 * A process that was started.
	 */
	interface Child {

		/**
		 * Its process id.
		 * @return the process id, or empty as long as there is none
		 */
		OptionalLong pid();

		/**
		 * Whether a process is this one, or one that this one started.
		 * @param pid the process
		 * @return whether it belongs to this one
		 */
		boolean includes(long pid);

		/**
		 * The last lines of its output.
		 * @return the lines, a bounded number of bounded length
		 */
		List<String> output();

		/**
		 * What it has to be handed over so that it can write its output itself, once this
		 * process is gone.
		 * @return descriptors that are lent
		 */
		List<Belongings.Item> streams();

		/**
		 * Ask it to end, with all that it started.
		 */
		void terminate();

		/**
		 * End what is left of it.
		 */
		void kill();

		/**
		 * It is on its own from now on.
		 */
		void letGo();

	}

}
