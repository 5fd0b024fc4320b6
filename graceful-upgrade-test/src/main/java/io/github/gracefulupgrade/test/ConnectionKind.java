package io.github.gracefulupgrade.test;

/**
 * How a load client uses its connections.
 */
public enum ConnectionKind {

	/**
	 * A new connection for each request.
	 */
	FRESH("fresh"),

	/**
	 * One connection for as long as the server keeps it open.
	 */
	KEEP_ALIVE("keep-alive");

	private final String text;

	ConnectionKind(String text) {
		this.text = text;
	}

	@Override
	public String toString() {
		return this.text;
	}

}
