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

	private @Nullable QuitSignal quitSignal;

	private @Nullable HangupSignal hangupSignal;

	private boolean begun;

	private boolean closed;

	UpgradeSignals(Handover handover, boolean hangup) {
		this.handover = handover;
		this.hangup = hangup;
	}

	/**
	 * Begin to listen. Does nothing the second time. The first time in a JVM loads what
	 * it needs, which takes about 0.1 s.
	 */
	void listen() {
		if (begin()) {
			listenToQuit();
			listenToHangup();
		}
	}

	private synchronized boolean begin() {
		boolean first = !this.begun;
		this.begun = true;
		return first;
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
			logger.warn("SIGQUIT does not trigger an upgrade, but the actuator endpoint does: " + ex.getMessage());
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
