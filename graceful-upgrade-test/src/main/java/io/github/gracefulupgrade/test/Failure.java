package io.github.gracefulupgrade.test;

/**
 * Why there is no response.
 */
final class Failure extends Exception {

	private static final long serialVersionUID = 1L;

	private final Outcome outcome;

	Failure(Outcome outcome, String detail) {
		super(detail, null, false, false);
		this.outcome = outcome;
	}

	Outcome outcome() {
		return this.outcome;
	}

}
