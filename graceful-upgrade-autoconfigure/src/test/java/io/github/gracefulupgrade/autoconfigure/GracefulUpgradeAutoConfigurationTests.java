package io.github.gracefulupgrade.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradePhase;
import io.github.gracefulupgrade.UpgradeStatus;
import io.github.gracefulupgrade.actuate.UpgradeEndpoint;
import io.github.gracefulupgrade.handover.Phase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link GracefulUpgradeAutoConfiguration}: with this class path and these
 * properties, this happens. What needs another process is tested elsewhere.
 */
@Timeout(60)
class GracefulUpgradeAutoConfigurationTests {

	private final ReactiveWebApplicationContextRunner runner = new ReactiveWebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(GracefulUpgradeAutoConfiguration.class));

	@TempDir
	Path folder;

	@ParameterizedTest
	@ValueSource(strings = { "some.other=property", "pingora.upgrade-sock=", "pingora.upgrade-sock=  " })
	void withoutASocketTheStarterIsInert(String property) {
		this.runner.withPropertyValues(property)
			.run((context) -> assertThat(context).doesNotHaveBean(GracefulUpgrade.class)
				.doesNotHaveBean(GracefulUpgradeProperties.class));
	}

	@Test
	void withASocketThereIsAFacade() {
		this.runner.withPropertyValues("pingora.upgrade-sock=" + this.folder.resolve("s"))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(GracefulUpgrade.class));
	}

	@Test
	void withoutReactorNettyTheStarterIsInert() {
		this.runner.withClassLoader(new FilteredClassLoader("reactor.netty"))
			.withPropertyValues("pingora.upgrade-sock=" + this.folder.resolve("s"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(UpgradeRuntime.class));
	}

	@Test
	void inAnApplicationWithoutAWebServerTheStarterIsInert() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(GracefulUpgradeAutoConfiguration.class))
			.withPropertyValues("pingora.upgrade-sock=" + this.folder.resolve("s"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(UpgradeRuntime.class));
	}

	@Test
	void propertiesHaveTheirDefaults() {
		this.runner.withPropertyValues("pingora.upgrade-sock=/run/app/s").run((context) -> {
			GracefulUpgradeProperties properties = context.getBean(GracefulUpgradeProperties.class);
			assertThat(properties.getUpgradeSock()).isEqualTo(Path.of("/run/app/s"));
			assertThat(properties.getUpgrade()).isEqualTo(GracefulUpgradeProperties.Upgrade.FALSE);
			assertThat(properties.getConnectTimeout()).isEqualTo(Duration.ofSeconds(5));
			assertThat(properties.getTriggerWindow()).isEqualTo(Duration.ofSeconds(60));
			assertThat(properties.getReadyTimeout()).isEqualTo(Duration.ofSeconds(60));
			assertThat(properties.getCloseTimeout()).isEqualTo(Duration.ofSeconds(5));
			assertThat(properties.getGracePeriod()).isNull();
			assertThat(properties.isConnectionHandover()).isTrue();
			assertThat(properties.getPidFile()).isNull();
			assertThat(properties.getRamp().isEnabled()).isFalse();
			assertThat(properties.getRamp().getConnectionsOver()).isZero();
			assertThat(context.getBean(UpgradeRuntime.class).parts().settings().gracePeriod())
				.isEqualTo(Duration.ofSeconds(30));
		});
	}

	@Test
	void theGracePeriodIsSpringsUnlessItIsSet() {
		ReactiveWebApplicationContextRunner runner = this.runner.withPropertyValues("pingora.upgrade-sock=/run/app/s",
				"spring.lifecycle.timeout-per-shutdown-phase=7s");
		runner.run((context) -> assertThat(context.getBean(UpgradeRuntime.class).parts().settings().gracePeriod())
			.isEqualTo(Duration.ofSeconds(7)));
		runner.withPropertyValues("pingora.grace-period=9s")
			.run((context) -> assertThat(context.getBean(UpgradeRuntime.class).parts().settings().gracePeriod())
				.isEqualTo(Duration.ofSeconds(9)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "true", "TRUE", "auto", "false" })
	void theUpgradePropertyTakesItsThreeValues(String value) {
		this.runner.withPropertyValues("pingora.upgrade-sock=/run/app/s", "pingora.upgrade=" + value)
			.run((context) -> assertThat(context.getBean(GracefulUpgradeProperties.class).getUpgrade().name())
				.isEqualToIgnoringCase(value));
	}

	@Test
	void theUpgradePropertyTakesNoOtherValue() {
		this.runner.withPropertyValues("pingora.upgrade-sock=/run/app/s", "pingora.upgrade=banana")
			.run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void handlersWithoutANameAreNotAllHandlers() {
		this.runner
			.withPropertyValues("pingora.upgrade-sock=/run/app/s", "pingora.stateless-handlers=com.example.Audit,,b")
			.run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void connectionsAreNotHandedOverWithinLessThanNoTime() {
		this.runner
			.withPropertyValues("pingora.upgrade-sock=/run/app/s", "pingora.ramp.enabled=true",
					"pingora.ramp.connections-over=-1s")
			.run((context) -> assertThat(context).hasFailed());
	}

	@ParameterizedTest
	@EnumSource
	void everyPhaseOfTheCoreHasItsPublicFace(Phase phase) {
		assertThat(PhaseEvents.publicPhase(phase).name()).isEqualTo(phase.name());
		// And one that the core does not know, since nothing happens there.
		assertThat(UpgradePhase.values()).hasSize(Phase.values().length + 1);
	}

	@Test
	void aColdStartServesOwnsThePathAndGivesItBack() throws Exception {
		Path socket = this.folder.resolve("s");
		try (ConfigurableApplicationContext context = start(socket)) {
			UpgradeStatus status = context.getBean(GracefulUpgrade.class).status();
			assertThat(status.phase()).isEqualTo(UpgradePhase.SERVING);
			assertThat(status.pid()).isEqualTo(ProcessHandle.current().pid());
			assertThat(status.generation()).isZero();
			assertThat(status.listeners()).singleElement()
				.satisfies((listener) -> assertThat(listener.origin()).isEqualTo(UpgradeStatus.Origin.BOUND));
			assertThat(socket).exists();
			assertThat(get(context)).isEqualTo("hello");
		}
		assertThat(socket).doesNotExist();
	}

	@Test
	void aContextThatWasClosedCanBeStartedAgainInTheSameJvm() throws Exception {
		Path socket = this.folder.resolve("s");
		for (int i = 0; i < 3; i++) {
			try (ConfigurableApplicationContext context = start(socket)) {
				assertThat(get(context)).isEqualTo("hello");
			}
		}
	}

	@Test
	void aSecondContextOnTheSamePathFailsAndLeavesTheFirstAlone() throws Exception {
		Path socket = this.folder.resolve("s");
		try (ConfigurableApplicationContext first = start(socket)) {
			assertThatExceptionOfType(Exception.class).isThrownBy(() -> start(socket))
				.havingRootCause()
				.withMessageContaining(socket.toString())
				.withMessageContaining("pid=" + ProcessHandle.current().pid());
			assertThat(get(first)).isEqualTo("hello");
			assertThat(first.getBean(GracefulUpgrade.class).status().phase()).isEqualTo(UpgradePhase.SERVING);
		}
	}

	@Test
	void theEndpointIsThereButNotExposedUnlessTheUserExposesIt() throws Exception {
		try (ConfigurableApplicationContext context = start(this.folder.resolve("s"))) {
			assertThat(context.getBeansOfType(UpgradeEndpoint.class)).isEmpty();
			assertThat(status(context, "/actuator/upgrade")).isEqualTo(404);
		}
		try (ConfigurableApplicationContext context = start(this.folder.resolve("s"),
				"--management.endpoints.web.exposure.include=upgrade")) {
			assertThat(status(context, "/actuator/upgrade")).isEqualTo(200);
		}
	}

	@Test
	void aManagementServerOfItsOwnIsAListenerLikeTheMainOne() throws Exception {
		try (ConfigurableApplicationContext context = start(this.folder.resolve("s"), "--management.server.port=0")) {
			assertThat(context.getBean(GracefulUpgrade.class).status().listeners())
				.extracting(UpgradeStatus.Listener::name)
				.containsExactly("server", "management");
		}
	}

	@Test
	void whatBecomesOfAChildOfTheApplicationSaysNothingAboutTheApplicationItself() throws Exception {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class, Children.class)
			.web(WebApplicationType.REACTIVE)
			.run(arguments(this.folder.resolve("s")))) {
			assertThat(context.getBean(Children.class).phases).containsExactly(UpgradePhase.STARTING,
					UpgradePhase.STARTING);
			assertThat(context.getBean(GracefulUpgrade.class).status().phase()).isEqualTo(UpgradePhase.SERVING);
			assertThat(get(context)).isEqualTo("hello");
		}
	}

	private static ConfigurableApplicationContext start(Path socket, String... more) {
		return new SpringApplicationBuilder(Application.class).web(WebApplicationType.REACTIVE)
			.run(arguments(socket, more));
	}

	private static String[] arguments(Path socket, String... more) {
		List<String> arguments = new ArrayList<>(List.of("--server.address=127.0.0.1", "--spring.main.banner-mode=off",
				"--pingora.upgrade-sock=" + socket));
		if (List.of(more).stream().noneMatch((argument) -> argument.startsWith("--server.port"))) {
			arguments.add("--server.port=0");
		}
		arguments.addAll(List.of(more));
		return arguments.toArray(String[]::new);
	}

	private static int port(ConfigurableApplicationContext context) {
		return ((WebServerApplicationContext) context).getWebServer().getPort();
	}

	private static String get(ConfigurableApplicationContext context) throws Exception {
		return request(context, "/").body();
	}

	private static int status(ConfigurableApplicationContext context, String path) throws Exception {
		return request(context, path).statusCode();
	}

	private static HttpResponse<String> request(ConfigurableApplicationContext context, String path) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(context) + path)).build(),
					HttpResponse.BodyHandlers.ofString());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		RouterFunction<ServerResponse> routes() {
			return RouterFunctions.route().GET("/", (request) -> ServerResponse.ok().bodyValue("hello")).build();
		}

	}

	/**
	 * Starts a child of the application that becomes ready, and one that fails to, before
	 * the application is ready itself.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Children implements ApplicationRunner {

		private final ConfigurableApplicationContext context;

		private final GracefulUpgrade upgrade;

		private final List<UpgradePhase> phases = new ArrayList<>();

		Children(ConfigurableApplicationContext context, GracefulUpgrade upgrade) {
			this.context = context;
			this.upgrade = upgrade;
		}

		@Override
		public void run(ApplicationArguments args) {
			child().run().close();
			this.phases.add(this.upgrade.status().phase());
			assertThatIllegalStateException().isThrownBy(() -> child().listeners(new Failing()).run());
			this.phases.add(this.upgrade.status().phase());
		}

		private SpringApplicationBuilder child() {
			return new SpringApplicationBuilder(Child.class).web(WebApplicationType.NONE).parent(this.context);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Child {

	}

	static class Failing implements ApplicationListener<ApplicationReadyEvent> {

		@Override
		public void onApplicationEvent(ApplicationReadyEvent event) {
			throw new IllegalStateException("This child is not ready");
		}

	}

}
