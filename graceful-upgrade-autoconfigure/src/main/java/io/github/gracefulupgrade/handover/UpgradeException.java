package io.github.gracefulupgrade.handover;

import org.jspecify.annotations.Nullable;

/**
 * An instance cannot start as what it was asked to be. The message says what happened,
 * with the path and the pid; {@link #getAction()} says what to do about it. Ends up in a
 * Spring Boot failure analysis.
 */
public class UpgradeException extends RuntimeException {

	private final String action;

	/**
	 * Create an exception.
	 * @param message what happened
	 * @param action what the operator can do about it
	 */
	public UpgradeException(String message, String action) {
		this(message, action, null);
	}

	/**
	 * Create an exception with a cause.
	 * @param message what happened
	 * @param action what the operator can do about it
	 * @param cause the cause, or {@code null}
	 */
	public UpgradeException(String message, String action, @Nullable Throwable cause) {
		super(message, cause);
		this.action = action;
	}

	/**
	 * What the operator can do about it.
	 * @return one or more sentences
	 */
	public String getAction() {
		return this.action;
	}

}
