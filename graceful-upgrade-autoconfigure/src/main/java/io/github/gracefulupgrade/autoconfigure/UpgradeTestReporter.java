package io.github.gracefulupgrade.autoconfigure;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Hears that a start has ended because all that it was meant for is done, and exits with
 * 0. Called when the context has been destroyed, on the main thread.
 */
final class UpgradeTestReporter implements SpringBootExceptionReporter {

	private static final Log logger = LogFactory.getLog(UpgradeTestReporter.class);

	UpgradeTestReporter(@Nullable ConfigurableApplicationContext context) {
	}

	@Override
	public boolean reportException(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof UpgradeTestPassed) {
				logger.info("Upgrade test passed: this version can take over from the running instance, which has"
						+ " not been touched");
				System.exit(0);
			}
		}
		return false;
	}

}
