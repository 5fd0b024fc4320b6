package io.github.gracefulupgrade.handover;

/**
 * Where the roles write what an operator follows: one line for each step, with both
 * process ids. Called on the control thread.
 */
public interface Journal {

	/**
	 * A step of an upgrade, at INFO.
	 * @param line the line
	 */
	void info(String line);

	/**
	 * Something that an operator should look at, at WARN.
	 * @param line the line
	 */
	void warn(String line);

}
