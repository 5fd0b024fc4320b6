package io.github.gracefulupgrade.handover;

/**
 * What an instance is asked to be.
 */
public enum Mode {

	/**
	 * Start cold: there must be no incumbent.
	 */
	COLD,

	/**
	 * Take over: there must be an incumbent.
	 */
	SUCCESSOR,

	/**
	 * Take over if there is an incumbent, else start cold.
	 */
	AUTO,

	/**
	 * Only try whether it could take over: there must be an incumbent, which notices
	 * nothing.
	 */
	TEST

}
