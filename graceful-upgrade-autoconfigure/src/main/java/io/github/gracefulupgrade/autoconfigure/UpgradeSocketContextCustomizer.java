package io.github.gracefulupgrade.autoconfigure;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.util.StringUtils;

/**
 * Gives the context of a test an upgrade socket of its own, in place of the one that the
 * application is configured with: contexts are cached and live side by side, in several
 * JVMs even, and none of them is an instance of the service. What the test itself sets is
 * left alone, an empty value included, unless another context of this JVM has it already.
 */
final class UpgradeSocketContextCustomizer implements ContextCustomizer {

	private static final String PROPERTY = "pingora.upgrade-sock";

	private static final AtomicInteger contexts = new AtomicInteger();

	private static final Map<String, ConfigurableApplicationContext> taken = new ConcurrentHashMap<>();

	private static @Nullable Path folder;

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration mergedConfig) {
		ConfigurableEnvironment environment = context.getEnvironment();
		String configured = environment.getProperty(PROPERTY);
		if (!StringUtils.hasText(configured)) {
			return;
		}
		MutablePropertySources sources = environment.getPropertySources();
		String system = StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME;
		PropertySource<?> own = new MapPropertySource("gracefulUpgradeTest", ownProperties(environment));
		if (sources.contains(system)) {
			// What a test sets itself comes before the system properties.
			sources.addBefore(system, own);
		}
		else {
			sources.addLast(own);
		}
		String path = String.valueOf(environment.getProperty(PROPERTY));
		if (taken.putIfAbsent(path, context) != null) {
			sources.remove(own.getName());
			sources.addFirst(own);
			return;
		}
		context.addApplicationListener((ApplicationListener<ContextClosedEvent>) (event) -> {
			if (event.getApplicationContext() == context) {
				taken.remove(path, context);
			}
		});
	}

	/**
	 * Not the service's pid file either, which names whom to signal; and a terminal that
	 * hangs up starts no copy of the test's JVM.
	 */
	private static Map<String, Object> ownProperties(ConfigurableEnvironment environment) {
		String path = newPath();
		Map<String, Object> properties = new HashMap<>();
		properties.put(PROPERTY, path);
		properties.put("pingora.spawn.enabled", false);
		if (StringUtils.hasText(environment.getProperty("pingora.pid-file"))) {
			properties.put("pingora.pid-file", path + ".pid");
		}
		return properties;
	}

	private static String newPath() {
		String path = folder().resolve("s" + contexts.incrementAndGet()).toString();
		new File(path + ".lock").deleteOnExit();
		return path;
	}

	/**
	 * The folder of this JVM, with a short path, for that of a socket is limited.
	 */
	private static synchronized Path folder() {
		Path folder = UpgradeSocketContextCustomizer.folder;
		if (folder == null) {
			try {
				folder = Files.createTempDirectory("upgrade");
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			UpgradeSocketContextCustomizer.folder = folder;
			folder.toFile().deleteOnExit();
		}
		return folder;
	}

	/**
	 * All are equal, so that a context can be cached as if there were none.
	 */
	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof UpgradeSocketContextCustomizer;
	}

	@Override
	public int hashCode() {
		return UpgradeSocketContextCustomizer.class.hashCode();
	}

}
