package io.github.gracefulupgrade.autoconfigure;

import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.handover.Exit;
import io.github.gracefulupgrade.handover.UpgradeException;
import io.github.gracefulupgrade.signal.Priority;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ApplicationContext;

/**
 * Ends the process of an incumbent that handed over, as {@code System.exit} with
 * {@code SpringApplication.exit} would. Where another application in the same process has
 * still something to hand over, only the context is closed.
 * <p>
 * Boot's own non-daemon thread ends as soon as a web server's listener closes. The thread
 * here is not a daemon either, and lives for the length of the drain: without it, the JVM
 * would begin to exit in its middle.
 */
final class ApplicationExit implements Exit {

	private static final Log logger = LogFactory.getLog(GracefulUpgrade.class);

	private final ApplicationContext context;

	private final Runnable beforeClose;

	private final BooleanSupplier last;

	private final Halt halt;

	/**
	 * Owned by the control thread.
	 */
	private @Nullable Leaving leaving;

	/**
	 * Create the way out.
	 * @param context what is closed
	 * @param beforeClose run before that
	 * @param last whether the process is to end then: no other application in it has
	 * still to be handed over, or serves on
	 * @param halt for the case that the context does not close
	 */
	ApplicationExit(ApplicationContext context, Runnable beforeClose, BooleanSupplier last, Halt halt) {
		this.context = context;
		this.beforeClose = beforeClose;
		this.last = last;
		this.halt = halt;
	}

	@Override
	public void prepare() {
		Leaving leaving = new Leaving();
		Thread thread = new Thread(leaving, "graceful-upgrade-exit");
		thread.setDaemon(false);
		thread.start();
		this.leaving = leaving;
	}

	@Override
	public void cancel() {
		end(false);
	}

	@Override
	public void leave() {
		if (this.leaving == null) {
			// There were no resources for one more thread then.
			prepare();
		}
		end(true);
	}

	private void end(boolean exit) {
		Leaving leaving = this.leaving;
		this.leaving = null;
		if (leaving != null) {
			leaving.exit = exit;
			leaving.decided.countDown();
		}
	}

	@Override
	public void abort(UpgradeException failure) {
		// The main thread is past the places where it would be told, and the failure
		// analyzer with it.
		logger.error("%s%n%nAction: %s".formatted(failure.getMessage(), failure.getAction()), failure.getCause());
		// Not on the control thread, which the shutdown needs. Spring's shutdown hook
		// closes the context, and interrupts a main thread that waits.
		new Thread(() -> System.exit(1), "graceful-upgrade-abort").start();
	}

	/**
	 * Waits for the end of the drain, and exits.
	 */
	private final class Leaving implements Runnable {

		private final CountDownLatch decided = new CountDownLatch(1);

		private volatile boolean exit;

		@Override
		public void run() {
			try {
				this.decided.await();
			}
			catch (InterruptedException ex) {
				return; // nobody but the end of the JVM interrupts this thread
			}
			if (this.exit) {
				if (ApplicationExit.this.last.getAsBoolean()) {
					// What is left has no hurry, and runs beside the new version's first
					// requests.
					lowerPriority();
				}
				int code = 1;
				try {
					ApplicationExit.this.beforeClose.run();
					ApplicationExit.this.halt.watch();
					code = SpringApplication.exit(ApplicationExit.this.context);
				}
				finally {
					if (ApplicationExit.this.last.getAsBoolean()) {
						System.exit(code);
					}
				}
			}
		}

		private void lowerPriority() {
			try {
				Priority.lower();
			}
			catch (Throwable ex) {
				// Whatever it is: it exits as it is.
			}
		}

	}

}
