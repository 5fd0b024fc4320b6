package io.github.gracefulupgrade.autoconfigure;

import java.nio.file.Path;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradePhase;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.core.env.Environment;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Users' tests of an application that is configured with an upgrade socket: their
 * contexts are cached, and all live at once.
 */
class SpringBootTestTests {

	private static final String CONFIGURED = "spring.config.name=upgradable";

	private static final String SET_BY_THE_TEST = "pingora.upgrade-sock=target/test.sock";

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, classes = Application.class, properties = CONFIGURED)
	class OneContext extends HasItsOwnSocket {

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, classes = Application.class,
			properties = { CONFIGURED, "another=context" })
	class AnotherContext extends HasItsOwnSocket {

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, classes = Application.class,
			properties = SET_BY_THE_TEST)
	class OneContextOfTwo extends Serves {

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, classes = Application.class,
			properties = { SET_BY_THE_TEST, "another=context" })
	class TheOtherContextOfTwo extends Serves {

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, classes = Application.class,
			properties = { CONFIGURED, "pingora.upgrade-sock=target/own.sock" })
	class AContextWithASocketOfTheTests {

		@Test
		void usesThatOne() {
			assertThat(Path.of("target/own.sock")).exists();
		}

	}

	/**
	 * As an application is configured that has a pid file, and may start its successor.
	 */
	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, classes = Application.class,
			properties = "spring.config.name=upgradable-service")
	class AContextOfAServiceWithAPidFile {

		@Test
		void leavesTheServicesAlone(@Autowired Environment environment) {
			assertThat(environment.getProperty("pingora.pid-file"))
				.isEqualTo(environment.getProperty("pingora.upgrade-sock") + ".pid");
			assertThat(Path.of("target/service.pid")).doesNotExist();
			assertThat(environment.getProperty("pingora.spawn.enabled")).isEqualTo("false");
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, classes = Application.class,
			properties = { CONFIGURED, "pingora.upgrade-sock=" })
	class AContextThatWantsNone {

		@Test
		void hasNone(@Autowired ObjectProvider<GracefulUpgrade> upgrade) {
			assertThat(upgrade.getIfAvailable()).isNull();
		}

	}

	@Nested
	@SpringBootTest(classes = Application.class, properties = CONFIGURED)
	class AContextWithoutAServer {

		@Test
		void hasTheBeanAndNoListener(@Autowired GracefulUpgrade upgrade) {
			assertThat(upgrade.status().listeners()).isEmpty();
		}

	}

	abstract static class Serves {

		@Value("${pingora.upgrade-sock}")
		Path socket;

		@Test
		void serves(@Autowired GracefulUpgrade upgrade) {
			assertThat(upgrade.status().phase()).isEqualTo(UpgradePhase.SERVING);
			assertThat(this.socket).exists();
		}

	}

	abstract static class HasItsOwnSocket extends Serves {

		@Test
		void isNotTheConfiguredOne() {
			assertThat(this.socket).isAbsolute().doesNotHaveToString("/run/an-application-that-is-configured/s");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
