package io.github.gracefulupgrade.handover;

import java.time.Duration;

/**
 * The one thread that owns all state of both roles, and its clock. Tasks run one at a
 * time, in the order in which they were given.
 */
public interface ControlThread {

	/**
	 * Run a task on the control thread. May be called from any thread.
	 * @param task the task
	 * @return whether it runs; it does not if the thread has ended, with the application
	 */
	boolean execute(Runnable task);

	/**
	 * Run a task on the control thread later.
	 * @param delay how long to wait
	 * @param task the task
	 * @return the timer, to be cancelled on the control thread; once cancelled there, the
	 * task does not run any more
	 */
	Timer after(Duration delay, Runnable task);

	/**
	 * The time that has passed since some fixed moment; never goes back.
	 * @return the time
	 */
	Duration now();

	/**
	 * A task that waits for its time.
	 */
	@FunctionalInterface
	interface Timer {

		/**
		 * Take the task back. Does nothing if it ran.
		 */
		void cancel();

	}

}
