package io.github.gracefulupgrade.autoconfigure;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;

/**
 * Makes {@code --upgrade}, {@code --upgrade=auto} and {@code -u}, which are Pingora's
 * command line, mean {@code pingora.upgrade}.
 */
final class CommandLineEnvironmentPostProcessor implements EnvironmentPostProcessor {

	private static final String PROPERTY = "pingora.upgrade";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		for (PropertySource<?> source : environment.getPropertySources()) {
			if (source instanceof CommandLinePropertySource<?> commandLine && !commandLine.containsProperty(PROPERTY)) {
				String value = value(commandLine);
				if (value != null) {
					environment.getPropertySources()
						.addBefore(source.getName(),
								new MapPropertySource("gracefulUpgradeCommandLine", Map.of(PROPERTY, value)));
				}
				return;
			}
		}
	}

	private static @Nullable String value(CommandLinePropertySource<?> commandLine) {
		String option = commandLine.getProperty("upgrade");
		if (option != null) {
			return option.isEmpty() ? "true" : option;
		}
		String others = commandLine.getProperty(CommandLinePropertySource.DEFAULT_NON_OPTION_ARGS_PROPERTY_NAME);
		return (others != null && List.of(others.split(",")).contains("-u")) ? "true" : null;
	}

}
