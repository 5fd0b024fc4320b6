package io.github.gracefulupgrade.autoconfigure;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.SpringApplication;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CommandLineEnvironmentPostProcessor}.
 */
class CommandLineEnvironmentPostProcessorTests {

	@ParameterizedTest
	@CsvSource({ "--upgrade, true", "-u, true", "--upgrade=true, true", "--upgrade=auto, auto",
			"--upgrade=false, false" })
	void theCommandLineOfPingoraMeansTheProperty(String argument, String value) {
		assertThat(upgrade("--server.port=0", argument, "other")).isEqualTo(value);
	}

	@ParameterizedTest
	@CsvSource({ "upgrade", "u", "-up", "--u", "x-u" })
	void nothingElseDoes(String argument) {
		assertThat(upgrade(argument)).isEqualTo("from file");
	}

	@Test
	void thePropertyItselfWins() {
		assertThat(upgrade("--upgrade", "--pingora.upgrade=auto")).isEqualTo("auto");
	}

	@Test
	void withoutACommandLineNothingHappens() {
		StandardEnvironment environment = new StandardEnvironment();
		new CommandLineEnvironmentPostProcessor().postProcessEnvironment(environment, new SpringApplication());
		assertThat(environment.getProperty("pingora.upgrade")).isNull();
	}

	private static String upgrade(String... arguments) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addLast(new MapPropertySource("file", Map.of("pingora.upgrade", "from file")));
		environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(arguments));
		new CommandLineEnvironmentPostProcessor().postProcessEnvironment(environment, new SpringApplication());
		return environment.getProperty("pingora.upgrade");
	}

}
