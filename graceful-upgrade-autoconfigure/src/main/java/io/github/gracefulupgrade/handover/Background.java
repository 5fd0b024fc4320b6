package io.github.gracefulupgrade.handover;

/**
 * The work that an application does on its own account and that only one instance may do
 * at a time: schedulers, message consumers. Called on the control thread.
 */
public interface Background {

	/**
	 * Stop it. Does not wait; what runs may finish.
	 * @param done run once, on any thread, when all has stopped or was given up on
	 */
	void stop(Runnable done);

	/**
	 * Start again what {@link #stop} stopped.
	 */
	void start();

}
