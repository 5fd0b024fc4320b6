package io.github.gracefulupgrade.autoconfigure;

import java.nio.file.Path;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.handover.UpgradeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.web.reactive.server.WebTestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link NotUpgradableAutoConfiguration}, and for applications that are built
 * in unusual ways.
 */
@ExtendWith(OutputCaptureExtension.class)
class NotUpgradableAutoConfigurationTests {

	private static final String WARNING = "Graceful upgrades are off, although pingora.upgrade-sock is set: it is no"
			+ " reactive web application on Reactor Netty";

	@TempDir
	Path folder;

	@Test
	void anApplicationWithoutAWebServerSaysThatItCannotBeUpgraded(CapturedOutput output) {
		try (ConfigurableApplicationContext context = builder(Application.class, WebApplicationType.NONE)
			.run(socket())) {
			assertThat(context.getBeansOfType(GracefulUpgrade.class)).isEmpty();
			assertThat(output).contains(WARNING);
		}
	}

	@Test
	void soDoesALazyOne(CapturedOutput output) {
		builder(Application.class, WebApplicationType.NONE).lazyInitialization(true).run(socket()).close();
		assertThat(output).contains(WARNING);
	}

	@Test
	void oneThatWasToldToTakeOverFailsBeforeItHasDoneAnything(CapturedOutput output) {
		assertThatExceptionOfType(UpgradeException.class)
			.isThrownBy(() -> builder(Fragile.class, WebApplicationType.NONE).run(socket(), "--upgrade"));
		assertThat(output).contains("APPLICATION FAILED TO START",
				"This application cannot take over from another instance: it is no reactive web application",
				"Start without --upgrade");
	}

	@Test
	void withoutASocketNothingIsSaid(CapturedOutput output) {
		builder(Application.class, WebApplicationType.NONE).run().close();
		assertThat(output).doesNotContain("Graceful upgrades are off");
	}

	@ParameterizedTest
	@CsvSource({ "--upgrade", "--upgrade=test", "--pingora.upgrade=true" })
	void oneThatWasNotToldWhereToTakeOverFails(String argument, CapturedOutput output) {
		assertThatExceptionOfType(UpgradeException.class)
			.isThrownBy(() -> builder(Fragile.class, WebApplicationType.REACTIVE).run("--server.port=0", argument));
		assertThat(output).contains("APPLICATION FAILED TO START",
				"asked to take over from a running one, but pingora.upgrade-sock is not set");
	}

	@Test
	void oneThatMayTakeOverSaysThatItCannot(CapturedOutput output) {
		builder(Application.class, WebApplicationType.NONE).run("--upgrade=auto").close();
		assertThat(output).contains("Graceful upgrades are off, although pingora.upgrade is 'auto'");
	}

	/**
	 * The application may have a use of its own for it.
	 */
	@Test
	void theShortOptionAloneMeansNothing(CapturedOutput output) {
		builder(Application.class, WebApplicationType.NONE).run("-u").close();
		assertThat(output).doesNotContain("Graceful upgrades are off");
	}

	/**
	 * A job, or a test.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void anApplicationMayCloseItsContextWhenItIsReady(boolean upgradable) {
		SpringApplicationBuilder builder = builder(Application.class, WebApplicationType.REACTIVE);
		builder.application()
			.addListeners(
					(ApplicationListener<ApplicationReadyEvent>) (event) -> event.getApplicationContext().close());
		String[] arguments = { upgradable ? socket() : "--other", "--server.port=0" };
		assertThat(builder.run(arguments).isActive()).isFalse();
	}

	@Test
	void withoutReactorNettyItIsSaidToo(CapturedOutput output) {
		new ReactiveWebApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(GracefulUpgradeAutoConfiguration.class, NotUpgradableAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader("reactor.netty"))
			.withPropertyValues("pingora.upgrade-sock=" + this.folder.resolve("s"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains(WARNING);
	}

	@Test
	void whereItCanBeUpgradedNothingIsSaid(CapturedOutput output) {
		builder(Application.class, WebApplicationType.REACTIVE).run(socket(), "--server.port=0").close();
		assertThat(output).doesNotContain("Graceful upgrades are off");
	}

	@Test
	void aLazyApplicationCanBeUpgraded() {
		try (ConfigurableApplicationContext context = builder(Application.class, WebApplicationType.REACTIVE)
			.lazyInitialization(true)
			.run(socket(), "--server.port=0")) {
			assertThat(context.getBean(GracefulUpgrade.class).status().listeners()).hasSize(1);
			assertThat(this.folder.resolve("s")).exists();
		}
		assertThat(this.folder.resolve("s")).doesNotExist();
	}

	@Test
	void theChildOfAContextWithoutAServerCanBeUpgraded(CapturedOutput output) {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Parent.class)
			.web(WebApplicationType.NONE)
			.child(Application.class)
			.web(WebApplicationType.REACTIVE)
			.run(socket(), "--server.port=0")) {
			assertThat(context.getParent()).isNotNull();
			assertThat(context.getBean(GracefulUpgrade.class).status().listeners()).hasSize(1);
			assertThat(this.folder.resolve("s")).exists();
		}
		assertThat(output).doesNotContain("Graceful upgrades are off");
	}

	@Test
	void aContextThatIsStoppedCanBeStartedAgain() {
		try (ConfigurableApplicationContext context = builder(Application.class, WebApplicationType.REACTIVE)
			.run(socket(), "--server.port=0")) {
			for (int i = 0; i < 2; i++) {
				context.stop();
				assertThat(context.getBean(GracefulUpgrade.class).status().listeners()).isEmpty();
				context.start();
				assertThat(context.getBean(GracefulUpgrade.class).status().listeners()).hasSize(1);
				WebTestClient client = WebTestClient.bindToServer()
					.baseUrl("http://127.0.0.1:" + ((WebServerApplicationContext) context).getWebServer().getPort())
					.build();
				client.get().uri("/").exchange().expectStatus().isNotFound().expectHeader().doesNotExist("Connection");
			}
		}
		assertThat(this.folder.resolve("s")).doesNotExist();
	}

	private String socket() {
		return "--pingora.upgrade-sock=" + this.folder.resolve("s");
	}

	private static SpringApplicationBuilder builder(Class<?> application, WebApplicationType type) {
		return new SpringApplicationBuilder(application).web(type).bannerMode(Banner.Mode.OFF);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Fragile {

		@Bean
		Object doesSomething() {
			throw new IllegalStateException("Too late");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Parent {

	}

}
