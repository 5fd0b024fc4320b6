package io.github.gracefulupgrade.autoconfigure;

import io.github.gracefulupgrade.handover.Handover;
import io.github.gracefulupgrade.signal.HangupSignal;
import io.github.gracefulupgrade.signal.QuitSignal;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The signals that trigger an upgrade: SIGQUIT, and SIGHUP where an instance may start
 * its successor itself. Thread-safe.
 */
final class UpgradeSignals {

	private static final Log logger = LogFactory.getLog(UpgradeSignals.class);

	private final Handover handover;

	private final boolean hangup;

	/**
	 * Begins to listen. Owned by the main thread.
	 */
	private @Nullable Thread setup;

	private @Nullable QuitSignal quitSignal;

	private @Nullable HangupSignal hangupSignal;

	private boolean closed;

	UpgradeSignals(Handover handover, boolean hangup) {
		this.handover = handover;
		this.hangup = hangup;
	}

	/**
	 * Begin to listen, on a thread of its own: loading what it needs takes a while.
	 */
	void listen() {
		Thread thread = new Thread(() -> {
			listenToHangup();
			listenToQuit();
		}, "graceful-upgrade-signal-setup");
		thread.start();
		this.setup = thread;
	}

	/**
	 * Wait until a signal is heard, or it is certain that none will be.
	 * @throws InterruptedException if the application is shut down meanwhile
	 */
	void awaitListening() throws InterruptedException {
		Thread setup = this.setup;
		if (setup != null) {
			setup.join();
		}
	}

	private void listenToQuit() {
		try {
			QuitSignal signal = QuitSignal.listen(this.handover::signalled);
			synchronized (this) {
				if (!this.closed) {
					this.quitSignal = signal;
					return;
				}
			}
			signal.close();
		}
		catch (UnsupportedOperationException ex) {
			logger.warn("SIGQUIT does not trigger an upgrade, but POST /actuator/upgrade does, if it is exposed: "
					+ ex.getMessage());
		}
	}

	private synchronized void listenToHangup() {
		if (!this.hangup || this.closed) {
			return;
		}
		try {
			this.hangupSignal = HangupSignal.listen(this.handover::hungUp);
		}
		catch (UnsupportedOperationException ex) {
			logger.warn("SIGHUP does not trigger an upgrade, but the actuator endpoint does: " + ex.getMessage());
		}
	}

	synchronized void close() {
		this.closed = true;
		if (this.quitSignal != null) {
			this.quitSignal.close();
			this.quitSignal = null;
		}
		if (this.hangupSignal != null) {
			this.hangupSignal.close();
			this.hangupSignal = null;
		}
	}

}
