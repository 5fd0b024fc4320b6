package io.github.gracefulupgrade.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

import io.github.gracefulupgrade.GracefulUpgrade;
import reactor.netty.http.HttpResources;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.autoconfigure.context.LifecycleProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.Environment;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.util.Assert;

/**
 * Auto-configuration for graceful upgrades of an application on Reactor Netty.
 */
@AutoConfiguration(
		beforeName = "org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration")
@ConditionalOnClass({ HttpServer.class, NettyReactiveWebServerFactory.class })
@ConditionalOnWebApplication(type = Type.REACTIVE)
@Conditional(OnUpgradeSocketCondition.class)
@EnableConfigurationProperties({ GracefulUpgradeProperties.class, WarmUpProperties.class, LifecycleProperties.class })
public final class GracefulUpgradeAutoConfiguration {

	@Bean
	UpgradeRuntime gracefulUpgradeRuntime(GracefulUpgradeProperties properties, WarmUpProperties warmUp,
			LifecycleProperties lifecycle, ConfigurableApplicationContext context, Environment environment,
			ObjectProvider<ReactorResourceFactory> resources) {
		Path path = properties.getUpgradeSock();
		Assert.state(path != null, "'pingora.upgrade-sock' must be set");
		Runnable beforeExit = () -> {
			// Once drained there is nothing to be quiet for, unless the user says so.
			if (!environment.containsProperty("spring.reactor.netty.shutdown-quiet-period")) {
				resources.ifAvailable((factory) -> factory.setShutdownQuietPeriod(Duration.ZERO));
			}
		};
		return new UpgradeRuntime(context, properties.getUpgrade(), UpgradeParts.assemble(path, properties, warmUp,
				lifecycle.getTimeoutPerShutdownPhase(), context, beforeExit));
	}

	@Bean
	GracefulUpgrade gracefulUpgrade(UpgradeRuntime runtime, ConfigurableApplicationContext context) {
		return new RuntimeUpgrade(runtime.parts(), runtime::obstacle, context.getClassLoader());
	}

	@Bean
	UpgradableWebServerFactoryCustomizer gracefulUpgradeWebServerFactoryCustomizer(UpgradeRuntime runtime,
			ObjectProvider<ReactorResourceFactory> resources) {
		return new UpgradableWebServerFactoryCustomizer(UpgradableWebServerFactoryCustomizer.MAIN, runtime,
				loops(resources));
	}

	@Bean
	UpgradeGate gracefulUpgradeListenersGate(UpgradeRuntime runtime, ObjectProvider<ReactorResourceFactory> resources) {
		return new UpgradeGate(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1) {

			@Override
			void pass() {
				runtime.beforeWebServers(loops(resources));
			}

		};
	}

	/**
	 * Starts after the web servers, the management server's included, and before whatever
	 * works on its own; stops after the latter, and before Boot's graceful shutdown of
	 * the web servers.
	 */
	@Bean
	UpgradeGate gracefulUpgradeOwnershipGate(UpgradeRuntime runtime, Environment environment) {
		return new UpgradeGate(WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE + 1) {

			@Override
			void pass() {
				runtime.afterWebServers();
			}

			@Override
			void leave() {
				runtime.stopAccepting(!"immediate".equalsIgnoreCase(environment.getProperty("server.shutdown")));
			}

		};
	}

	@Bean
	ClosingListener gracefulUpgradeClosingListener(UpgradeRuntime runtime, ConfigurableApplicationContext context) {
		return new ClosingListener(runtime, context);
	}

	static Supplier<LoopResources> loops(ObjectProvider<ReactorResourceFactory> resources) {
		return () -> {
			ReactorResourceFactory factory = resources.getIfAvailable();
			return (factory != null) ? factory.getLoopResources() : HttpResources.get();
		};
	}

}
