package io.github.gracefulupgrade.autoconfigure;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.Ordered;

/**
 * Hears first that the application is closed, before executors hear it and reject tasks.
 */
final class ClosingListener implements ApplicationListener<ContextClosedEvent>, Ordered {

	private final UpgradeRuntime runtime;

	private final ApplicationContext context;

	ClosingListener(UpgradeRuntime runtime, ApplicationContext context) {
		this.runtime = runtime;
		this.context = context;
	}

	@Override
	public void onApplicationEvent(ContextClosedEvent event) {
		// A management context's close comes here, too.
		if (event.getApplicationContext() == this.context) {
			this.runtime.closing();
		}
	}

	/**
	 * The context must not go on closing meanwhile.
	 */
	@Override
	public boolean supportsAsyncExecution() {
		return false;
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

}
