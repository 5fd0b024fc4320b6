package io.github.gracefulupgrade.handover;

import org.jspecify.annotations.Nullable;

/**
 * The upgrade socket cannot be used, or nobody can be reached through it. The message is
 * for the operator: it names the path and says what is wrong; {@link #getAction()} says
 * what to do.
 */
public class UpgradeSocketException extends UpgradeException {

	private final Problem problem;

	/**
	 * Create an exception.
	 * @param problem the kind of problem
	 * @param message what is wrong, with the path
	 * @param action what the operator can do about it
	 * @param cause the cause, or {@code null}
	 */
	public UpgradeSocketException(Problem problem, String message, String action, @Nullable Throwable cause) {
		super(message, action, cause);
		this.problem = problem;
	}

	/**
	 * The kind of problem.
	 * @return the kind of problem
	 */
	public Problem getProblem() {
		return this.problem;
	}

	/**
	 * Kinds of problems with the upgrade socket.
	 */
	public enum Problem {

		/**
		 * The path itself cannot be used: no socket, too long, folder missing, not
		 * writable, or open to others.
		 */
		UNUSABLE,

		/**
		 * Nothing stands at the path, or nobody listens there. May change with time.
		 */
		NOBODY,

		/**
		 * The process at the path runs as a user that this one does not trust.
		 */
		FOREIGN

	}

}
