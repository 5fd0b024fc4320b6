package io.github.gracefulupgrade.handover;

/**
 * The file that names the process that serves. Called on the control thread. Failures are
 * logged, never thrown: an instance that serves is worth more than the file that says so.
 */
public interface PidFile {

	/**
	 * Write this process's id, replacing the file in one step.
	 */
	void write();

	/**
	 * Remove the file if it names this process.
	 */
	void remove();

}
