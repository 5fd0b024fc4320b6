package io.github.gracefulupgrade.test;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * One request, and what became of it.
 *
 * @param startedAt when it was begun, as {@link System#nanoTime()}: at the connect, if it
 * had to open a connection
 * @param endedAt when its outcome was known, as {@link System#nanoTime()}
 * @param path what was requested
 * @param kind whether the connection was made for this request or is kept
 * @param connection the number of the connection, unique in its load
 * @param outcome what became of the request
 * @param status the status of the response, 0 if none came
 * @param pid the process that answered according to {@value Load#PID_HEADER}, 0 if
 * unknown
 * @param detail more about a failure, in words
 */
public record Fate(long startedAt, long endedAt, String path, ConnectionKind kind, int connection, Outcome outcome,
		int status, long pid, @Nullable String detail) {

	/**
	 * Return whether the request was answered as it should have been.
	 * @return whether the outcome is {@link Outcome#ANSWERED}
	 */
	public boolean answered() {
		return this.outcome == Outcome.ANSWERED;
	}

	/**
	 * Return how long it took until the outcome was known.
	 * @return the time from start to end
	 */
	public Duration duration() {
		return Duration.ofNanos(this.endedAt - this.startedAt);
	}

}
