package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.gracefulupgrade.handover.Connections;
import io.github.gracefulupgrade.handover.Handover;
import io.github.gracefulupgrade.handover.Journal;
import io.github.gracefulupgrade.handover.Settings;
import io.github.gracefulupgrade.netty.ConnectionTracker;
import io.github.gracefulupgrade.netty.UpgradableListeners;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * What becomes of clients when the application context closes, by SIGTERM or by its own
 * wish. In this order, and each for a limited time: {@link #letHandoverFinish},
 * {@link #closeListeners}, {@link #release}, {@link #drain}. On the thread that closes
 * the context, which waits.
 */
final class ContextClose {

	private static final Log logger = LogFactory.getLog(ContextClose.class);

	private static final Duration MARGIN = Duration.ofSeconds(15);

	private static final Duration PROMPTLY = Duration.ofSeconds(5);

	private final Handover handover;

	private final Settings settings;

	private final UpgradableListeners listeners;

	private final ConnectionTracker connections;

	private final Journal journal;

	/**
	 * How long a handover held up the close. Owned by the thread that closes.
	 */
	private Duration waited = Duration.ZERO;

	ContextClose(Handover handover, Settings settings, UpgradableListeners listeners, ConnectionTracker connections,
			Journal journal) {
		this.handover = handover;
		this.settings = settings;
		this.listeners = listeners;
		this.connections = connections;
		this.journal = journal;
	}

	/**
	 * If a successor is just taking over, that comes first: what is in flight needs the
	 * executors that the close would take away next.
	 */
	void letHandoverFinish() {
		// The handover keeps its own deadlines, all shorter than this one.
		long began = System.nanoTime();
		await(this.handover.closing(), this.settings.readyTimeout().plus(this.settings.gracePeriod()).plus(MARGIN));
		this.waited = Duration.ofNanos(System.nanoTime() - began);
	}

	void closeListeners() {
		try {
			this.listeners.close(PROMPTLY);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Release the lock: the next instance may come.
	 */
	void release() {
		await(this.handover.released(), PROMPTLY);
	}

	/**
	 * Let what is in flight finish, for the grace period.
	 */
	void drain() {
		Duration grace = leftOfGracePeriod();
		CompletableFuture<Void> drained = new CompletableFuture<>();
		this.connections.drain(Connections.Plan.withoutSuccessor(grace), (result) -> {
			if (result.cut() > 0) {
				this.journal.warn("pid=%d cut %d request(s) at the end of the grace period"
					.formatted(this.settings.pid(), result.cut()));
			}
			drained.complete(null);
		});
		await(drained, grace.plus(PROMPTLY));
	}

	/**
	 * Whoever stops this process gives it one grace period, however long it waited for a
	 * handover first.
	 */
	private Duration leftOfGracePeriod() {
		Duration left = this.settings.gracePeriod().minus(this.waited);
		return left.isNegative() ? Duration.ZERO : left;
	}

	private static void await(CompletableFuture<Void> future, Duration timeout) {
		try {
			future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (TimeoutException ex) {
			logger.warn("The upgrade did not come to its end within " + timeout);
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException(ex.getCause());
		}
	}

}
