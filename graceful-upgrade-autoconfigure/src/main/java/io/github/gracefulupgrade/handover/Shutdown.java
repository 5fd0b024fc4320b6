package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * A shutdown that somebody else began (SIGTERM, or the application itself), and that
 * waits for a handover which cannot be taken back any more. The grace period runs from
 * its begin.
 */
final class Shutdown {

	private final ControlThread control;

	private final Duration gracePeriod;

	private final CompletableFuture<Void> mayGoOn = new CompletableFuture<>();

	private final Alarm patience;

	private @Nullable Duration end;

	Shutdown(ControlThread control, Duration gracePeriod) {
		this.control = control;
		this.gracePeriod = gracePeriod;
		this.patience = new Alarm(control);
	}

	/**
	 * Somebody wants to shut down.
	 * @param done completed when that may go on
	 * @return whether nobody did before
	 */
	boolean want(CompletableFuture<Void> done) {
		this.mayGoOn.thenRun(() -> done.complete(null));
		if (this.end != null) {
			return false;
		}
		this.end = this.control.now().plus(this.gracePeriod);
		return true;
	}

	boolean isWanted() {
		return this.end != null;
	}

	/**
	 * Have something happen if the shutdown may not go on in time.
	 */
	void atItsEnd(Runnable task) {
		this.patience.set(this.gracePeriod, task);
	}

	void mayGoOn() {
		this.patience.off();
		this.mayGoOn.complete(null);
	}

	/**
	 * What is left of a period that must not end later than the grace period of the
	 * shutdown.
	 */
	Duration leftOf(Duration period) {
		if (this.end == null) {
			return period;
		}
		Duration left = this.end.minus(this.control.now());
		return left.isNegative() ? Duration.ZERO : (left.compareTo(period) < 0) ? left : period;
	}

}
