package io.github.gracefulupgrade.autoconfigure;

import java.io.IOException;
import java.net.URL;
import java.time.Duration;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.availability.ApplicationAvailabilityBean;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.server.reactive.ReactiveWebServerFactory;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.util.ClassUtils;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.resource.ResourceUrlProvider;
import org.springframework.web.reactive.resource.ResourceWebHandler;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;

/**
 * The Spring Boot application around a {@link MiniatureInstance}: what Spring does
 * between the two gates of an upgrade and after the second is part of a handover's time,
 * too.
 * <p>
 * It starts as any application does, but it knows nothing of the one in whose process it
 * is: no configuration, no listener, no auto-configuration, no line in the log.
 */
final class MiniatureApplication {

	private final ReactiveWebServerApplicationContext context = new ReactiveWebServerApplicationContext();

	/**
	 * The context, which is not refreshed before {@link #run}.
	 */
	ConfigurableApplicationContext context() {
		return this.context;
	}

	/**
	 * Start it. Returns when it is ready, or throws what a gate threw.
	 * @param listenersGate passed before the web server starts
	 * @param server makes the web server
	 * @param ownershipGate passed after the web server has started
	 * @param ready run when the application is ready
	 */
	void run(Runnable listenersGate, Supplier<WebServer> server, Runnable ownershipGate, Runnable ready) {
		this.context.registerBean("listenersGate", UpgradeGate.class,
				() -> gate(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1, listenersGate));
		this.context.registerBean(ReactiveWebServerFactory.class, () -> (handler) -> server.get());
		this.context.registerBean("ownershipGate", UpgradeGate.class,
				() -> gate(WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE + 1, ownershipGate));
		this.context.registerBean(HttpHandler.class, MiniatureApplication::nothing);
		this.context.registerBean(ApplicationAvailabilityBean.class);
		if (ClassUtils.isPresent("org.springframework.web.reactive.resource.ResourceUrlProvider",
				MiniatureApplication.class.getClassLoader())) {
			WebFlux.register(this.context);
		}
		SpringApplication.withHook((application) -> new WhenReady(ready), () -> application().run());
	}

	/**
	 * End it, as an incumbent does that has handed over.
	 */
	void exit() {
		if (this.context.isActive()) {
			SpringApplication.exit(this.context);
		}
		else {
			this.context.close();
		}
	}

	private SpringApplication application() {
		SpringApplication application = new SpringApplication(new DefaultResourceLoader(new OwnFactories()),
				Empty.class);
		application.setWebApplicationType(WebApplicationType.REACTIVE);
		application.setApplicationContextFactory((type) -> this.context);
		application.setEnvironment(new EmptyEnvironment());
		application.setBannerMode(Banner.Mode.OFF);
		application.setLogStartupInfo(false);
		application.setRegisterShutdownHook(false);
		return application;
	}

	static HttpHandler nothing() {
		return WebHttpHandlerBuilder.webHandler((exchange) -> Mono.empty()).build();
	}

	private static UpgradeGate gate(int phase, Runnable pass) {
		return new UpgradeGate(phase) {

			@Override
			void pass() {
				pass.run();
			}

		};
	}

	/**
	 * Spring Boot wants to be told what an application consists of.
	 */
	static final class Empty {

	}

	/**
	 * What WebFlux does at the end of a start, in every application with it.
	 */
	private static final class WebFlux {

		static void register(ReactiveWebServerApplicationContext context) {
			context.registerBean(ResourceUrlProvider.class);
			context.registerBean("resourceHandlerMapping", HandlerMapping.class,
					() -> new SimpleUrlHandlerMapping(Map.of("/**", new ResourceWebHandler())));
		}

	}

	private static final class EmptyEnvironment extends StandardEnvironment {

		@Override
		protected void customizePropertySources(MutablePropertySources propertySources) {
			// Nothing that is meant for the real application.
		}

	}

	private record WhenReady(Runnable action) implements SpringApplicationRunListener {

		@Override
		public void ready(ConfigurableApplicationContext context, @Nullable Duration timeTaken) {
			this.action.run();
		}

	}

	/**
	 * A rehearsal that fails is none of the operator's business.
	 */
	static final class NobodyIsTold implements SpringBootExceptionReporter {

		NobodyIsTold(ConfigurableApplicationContext context) {
		}

		@Override
		public boolean reportException(Throwable failure) {
			return true;
		}

	}

	/**
	 * Has the application's classes, and hides what they want to be part of.
	 */
	private static final class OwnFactories extends ClassLoader {

		private static final String NAME = "rehearsal.factories";

		OwnFactories() {
			super(MiniatureApplication.class.getClassLoader());
		}

		@Override
		public Enumeration<URL> getResources(String name) throws IOException {
			if (name.equals(SpringFactoriesLoader.FACTORIES_RESOURCE_LOCATION)) {
				return Collections
					.enumeration(List.of(Objects.requireNonNull(MiniatureApplication.class.getResource(NAME))));
			}
			return super.getResources(name);
		}

	}

}
