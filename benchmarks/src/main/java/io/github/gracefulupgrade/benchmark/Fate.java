package io.github.gracefulupgrade.benchmark;

/**
 * What became of a request. Each has exactly one fate, since none is ever repeated.
 */
enum Fate {

	/** A whole response came, with the status 200. */
	ANSWERED,

	/** It was sent, or might have been, and no whole good response came. */
	LOST,

	/** There was nobody to connect to. */
	REFUSED

}
