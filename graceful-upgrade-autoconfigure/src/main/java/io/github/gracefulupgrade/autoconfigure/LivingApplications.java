package io.github.gracefulupgrade.autoconfigure;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.context.ApplicationContext;

/**
 * The applications of this process that have something to hand over, or wait for it.
 * There may be several, each with an upgrade socket of its own, and the process ends with
 * the last. Any thread.
 */
final class LivingApplications {

	private static final Set<ApplicationContext> contexts = ConcurrentHashMap.newKeySet();

	private LivingApplications() {
	}

	static void add(ApplicationContext context) {
		contexts.add(context);
	}

	/**
	 * It is closed, or has nothing to hand over after all. May be called more than once.
	 */
	static void remove(ApplicationContext context) {
		contexts.remove(context);
	}

	/**
	 * Whether there is no other one.
	 */
	static boolean isLast(ApplicationContext context) {
		return contexts.stream().allMatch((other) -> other == context);
	}

}
