package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The end of an upgradable application: the upgrade socket, its lock and the pid file are
 * given back, and an incumbent that waits for a start that failed hears why. Has no state
 * of its own; all of it may be asked for more than once.
 */
final class UpgradeEnd {

	private static final Log logger = LogFactory.getLog(UpgradeEnd.class);

	private static final Duration TIME_TO_GIVE_A_REASON = Duration.ofSeconds(1);

	private static final Duration TIME_TO_CLEAN_UP = Duration.ofSeconds(5);

	private final UpgradeParts parts;

	UpgradeEnd(UpgradeParts parts) {
		this.parts = parts;
	}

	/**
	 * The start failed, and this is why. Does not wait.
	 */
	void startFailed(Throwable failure) {
		giveUp("its start failed: " + failure);
	}

	private void giveUp(String reason) {
		this.parts.handover().abandon(reason);
		this.parts.control().execute(this.parts::release);
	}

	/**
	 * The application's beans are destroyed. Waits, for some seconds at most, until
	 * nothing is left that others would find.
	 * @param served whether this instance ever accepted
	 */
	void destroyed(boolean served) {
		this.parts.stop();
		// This may be the end of the process: nothing is to stay behind.
		if (served) {
			runOnControlThread(this.parts::release);
			return;
		}
		runOnControlThread(this.parts.socket()::retire);
		// Spring tells the reason only after it has destroyed the beans, and the
		// incumbent's operator wants to read it.
		this.parts.control().after(TIME_TO_GIVE_A_REASON, () -> giveUp("its start failed; see its log"));
	}

	private void runOnControlThread(Runnable task) {
		CompletableFuture<Void> done = new CompletableFuture<>();
		boolean runs = this.parts.control().execute(() -> {
			try {
				task.run();
			}
			finally {
				done.complete(null);
			}
		});
		if (!runs) {
			return; // it was done before
		}
		try {
			done.get(TIME_TO_CLEAN_UP.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (ExecutionException | TimeoutException ex) {
			logger.warn("The upgrade socket, its lock or the pid file may have been left behind");
		}
	}

}
