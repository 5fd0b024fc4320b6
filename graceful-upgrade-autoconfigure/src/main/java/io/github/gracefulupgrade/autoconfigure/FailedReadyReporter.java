package io.github.gracefulupgrade.autoconfigure;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeansException;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Hears that a start has failed of which Spring Boot publishes no
 * {@code ApplicationFailedEvent}: because a listener of {@code ApplicationReadyEvent}, or
 * of the readiness state, has thrown. Called on the main thread, before the context is
 * closed. Comes before the reporters that tell the operator, since one of these is the
 * last.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class FailedReadyReporter implements SpringBootExceptionReporter {

	private final @Nullable ConfigurableApplicationContext context;

	FailedReadyReporter(@Nullable ConfigurableApplicationContext context) {
		this.context = context;
	}

	@Override
	public boolean reportException(Throwable failure) {
		if (this.context != null && this.context.isActive()) {
			try {
				UpgradeRuntime runtime = UpgradeRuntime.of(this.context);
				if (runtime != null) {
					runtime.readyFailed(failure);
				}
			}
			catch (BeansException | IllegalStateException ex) {
				// Then the end of the connection tells the incumbent, without a reason.
			}
		}
		return false;
	}

}
