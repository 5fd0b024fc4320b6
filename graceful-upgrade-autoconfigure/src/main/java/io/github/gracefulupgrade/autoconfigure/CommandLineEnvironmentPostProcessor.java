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

	/**
	 * Name of the property source for the option that anybody may have a use of their own
	 * for. The long one, and the property, are this starter's alone.
	 */
	static final String SHORT_OPTION = "gracefulUpgradeShortOption";

	private static final String PROPERTY = "pingora.upgrade";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		for (PropertySource<?> source : environment.getPropertySources()) {
			if (source instanceof CommandLinePropertySource<?> commandLine && !commandLine.containsProperty(PROPERTY)) {
				PropertySource<?> meaning = meaning(commandLine);
				if (meaning != null) {
					environment.getPropertySources().addBefore(source.getName(), meaning);
				}
				return;
			}
		}
	}

	private static @Nullable PropertySource<?> meaning(CommandLinePropertySource<?> commandLine) {
		String option = commandLine.getProperty("upgrade");
		if (option != null) {
			return new MapPropertySource("gracefulUpgradeCommandLine",
					Map.of(PROPERTY, option.isEmpty() ? "true" : option));
		}
		String others = commandLine.getProperty(CommandLinePropertySource.DEFAULT_NON_OPTION_ARGS_PROPERTY_NAME);
		return (others != null && List.of(others.split(",")).contains("-u"))
				? new MapPropertySource(SHORT_OPTION, Map.of(PROPERTY, "true")) : null;
	}

}
