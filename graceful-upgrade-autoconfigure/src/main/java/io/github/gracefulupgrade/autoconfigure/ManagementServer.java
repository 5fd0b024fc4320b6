package io.github.gracefulupgrade.autoconfigure;

import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * The management server of an application that gives it a port of its own, and so a
 * context of its own. Boot builds and starts that context in one step, after the web
 * server: for a successor that would be between the signal and its first response.
 */
final class ManagementServer {

	/**
	 * Boot's bean that does it. Its class is not public.
	 */
	private static final String BEAN = "childManagementContextInitializer";

	private ManagementServer() {
	}

	/**
	 * Start it, if there is one, before it is its turn. Boot leaves it alone then.
	 */
	static void startEarly(ConfigurableApplicationContext application) {
		if (application.containsLocalBean(BEAN) && application.getBean(BEAN) instanceof SmartLifecycle management
				&& !management.isRunning()) {
			management.start();
		}
	}

}
