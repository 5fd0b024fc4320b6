package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;

/**
 * Opens the listeners when the application is ready. Comes after the run listener that
 * publishes {@code ApplicationReadyEvent} and the readiness state: by then every runner
 * and every listener of these events has had the chance to fail the start, and none has
 * to be told apart by its order.
 */
final class UpgradeRunListener implements SpringApplicationRunListener, Ordered {

	@Override
	public void ready(ConfigurableApplicationContext context, @Nullable Duration timeTaken) {
		// A listener of the ready event may have closed it.
		if (context.isActive()) {
			UpgradeRuntime runtime = UpgradeRuntime.of(context);
			if (runtime != null) {
				runtime.ready();
			}
		}
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
