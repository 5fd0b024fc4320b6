package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.gracefulupgrade.UpgradeAttemptedEvent;
import io.github.gracefulupgrade.UpgradePhase;
import io.github.gracefulupgrade.UpgradePhaseChangedEvent;
import io.github.gracefulupgrade.handover.Attempt;
import io.github.gracefulupgrade.handover.Phase;
import io.github.gracefulupgrade.handover.Snapshot;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ConfigurableApplicationContext;

/**
 * Tells the application about changes of the phase, on a thread of its own: what a
 * listener of the application's does must not hold up the control thread.
 * <p>
 * The readiness state is none of it. Who asks for that means the address, which the
 * successor serves: a draining instance that said no on a connection that is still open
 * to it would have a load balancer take a healthy service out.
 */
final class PhaseEvents implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(PhaseEvents.class);

	private final ConfigurableApplicationContext context;

	/**
	 * One thread, in whose order the application is told. It goes when there is nothing
	 * to tell.
	 */
	private final ExecutorService thread = thread();

	/**
	 * Owned by the control thread.
	 */
	private Phase phase = Phase.STARTING;

	/**
	 * Owned by the control thread.
	 */
	private @Nullable Attempt attempt;

	PhaseEvents(ConfigurableApplicationContext context) {
		this.context = context;
	}

	private static ExecutorService thread() {
		ThreadPoolExecutor executor = new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
				(task) -> {
					Thread thread = new Thread(task, "graceful-upgrade-events");
					thread.setDaemon(true);
					return thread;
				});
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

	/**
	 * The state changed. Called on the control thread.
	 */
	void changed(Snapshot snapshot) {
		Phase previous = this.phase;
		Phase now = snapshot.phase();
		if (now != previous) {
			this.phase = now;
			execute(() -> publish(previous, now));
		}
		Attempt attempt = snapshot.lastAttempt();
		if (attempt != null && attempt != this.attempt) {
			this.attempt = attempt;
			execute(() -> publish(attempt));
		}
	}

	private void execute(Runnable task) {
		try {
			this.thread.execute(task);
		}
		catch (RejectedExecutionException ex) {
			// The context is closed: nobody listens any more.
		}
	}

	private void publish(Attempt attempt) {
		try {
			if (this.context.isActive()) {
				this.context.publishEvent(new UpgradeAttemptedEvent(this.context, RuntimeUpgrade.translate(attempt)));
			}
		}
		catch (RuntimeException ex) {
			logger.warn("A listener of an upgrade's outcome failed", ex);
		}
	}

	private void publish(Phase previous, Phase now) {
		try {
			if (this.context.isActive()) {
				this.context
					.publishEvent(new UpgradePhaseChangedEvent(this.context, publicPhase(previous), publicPhase(now)));
			}
		}
		catch (RuntimeException ex) {
			logger.warn("A listener of upgrade phase " + now + " failed", ex);
		}
	}

	/**
	 * Wait until the application has heard of every change so far. Called by whoever is
	 * about to close the context: what a listener does needs its beans.
	 * @param patience how long, at most
	 */
	void awaitHeard(Duration patience) {
		CompletableFuture<Void> heard = new CompletableFuture<>();
		execute(() -> heard.complete(null));
		if (this.thread.isShutdown()) {
			return;
		}
		try {
			heard.get(patience.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (ExecutionException | TimeoutException ex) {
			logger.warn(("A listener of an upgrade's events has not returned within %s"
					+ " (spring.lifecycle.timeout-per-shutdown-phase); the context closes all the same")
				.formatted(patience));
		}
	}

	static UpgradePhase publicPhase(Phase phase) {
		return UpgradePhase.valueOf(phase.name());
	}

	@Override
	public void close() {
		this.thread.shutdown();
	}

}
