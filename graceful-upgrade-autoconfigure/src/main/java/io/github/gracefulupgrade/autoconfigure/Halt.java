package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.function.BooleanSupplier;

import io.github.gracefulupgrade.GracefulUpgrade;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The end of an incumbent that handed over and cannot close: a lifecycle bean does not
 * stop. To close the context calls the same {@code stop()} once more, and Spring waits
 * for that without a limit; the process would hold the listeners' descriptors for as
 * long.
 */
final class Halt {

	private static final Log logger = LogFactory.getLog(GracefulUpgrade.class);

	private final BackgroundWork background;

	private final BooleanSupplier listening;

	private final Duration timeoutPerPhase;

	private final BooleanSupplier last;

	/**
	 * Create it; nothing is watched yet.
	 * @param background what may hang
	 * @param listening whether there are listeners, which close when all of that has
	 * stopped
	 * @param timeoutPerPhase how long each lifecycle phase has, once watched
	 * @param last whether no other application would end with this process
	 */
	Halt(BackgroundWork background, BooleanSupplier listening, Duration timeoutPerPhase, BooleanSupplier last) {
		this.background = background;
		this.listening = listening;
		this.timeoutPerPhase = timeoutPerPhase;
		this.last = last;
	}

	/**
	 * The context is about to be closed: if background work is stopping by now, see that
	 * it gets on with that. Does not wait.
	 */
	void watch() {
		if (this.background.isStopping() && this.last.getAsBoolean()) {
			Thread thread = new Thread(this::haltUnlessItGetsOn, "graceful-upgrade-halt");
			thread.setDaemon(true);
			thread.start();
		}
	}

	private void haltUnlessItGetsOn() {
		int phase;
		do {
			phase = this.background.stoppingPhase();
			try {
				Thread.sleep(this.timeoutPerPhase.toMillis());
			}
			catch (InterruptedException ex) {
				return; // nobody but the end of the JVM interrupts this thread
			}
			if (!this.background.isStopping() || !this.listening.getAsBoolean()) {
				return;
			}
		}
		while (this.background.stoppingPhase() != phase);
		logger.warn("This process is halted: background work has not stopped within another " + this.timeoutPerPhase,
				this.background.whereItIs());
		Runtime.getRuntime().halt(0);
	}

}
