package io.github.gracefulupgrade.test;

/**
 * What became of a request. Everything but {@link #ANSWERED} is something that a client
 * would have noticed.
 */
public enum Outcome {

	/**
	 * A whole response came, with a status that was expected.
	 */
	ANSWERED("answered"),

	/**
	 * A whole response came, but with a status that says that the request was not served.
	 */
	BAD_STATUS("bad status"),

	/**
	 * Bytes came that are no HTTP response, or that no request had asked for.
	 */
	GARBLED("garbled"),

	/**
	 * The connection could not be opened.
	 */
	REFUSED("refused"),

	/**
	 * The request was sent, and the connection was reset before a byte of a response
	 * came.
	 */
	RESET("reset"),

	/**
	 * The connection ended, one way or another, in the middle of a response.
	 */
	CUT("cut"),

	/**
	 * The request was sent, and the server closed the connection in good order before a
	 * byte of a response came.
	 */
	CLOSED("closed"),

	/**
	 * The response was not there in time, or not all of it.
	 */
	TIMED_OUT("timed out");

	private final String text;

	Outcome(String text) {
		this.text = text;
	}

	@Override
	public String toString() {
		return this.text;
	}

}
