package io.github.gracefulupgrade.autoconfigure;

import java.io.IOException;
import java.net.URL;
import java.time.Duration;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.availability.ApplicationAvailabilityBean;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.context.ServerPortInfoApplicationContextInitializer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.server.reactive.ReactiveWebServerFactory;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.aot.AotApplicationContextInitializer;
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
 * is: no configuration, no listener, no auto-configuration, no line in the log (but
 * Spring's own at DEBUG).
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
	 * Start it. Returns when it is ready, or throws what one of the steps threw.
	 * @param listenersGate passed before the web server starts
	 * @param server the web server
	 * @param ownershipGate passed after the web server has started
	 * @param ready run when the application is ready
	 */
	void run(Runnable listenersGate, WebServer server, Runnable ownershipGate, Runnable ready) {
		Steps steps = new Steps();
		this.context.registerBean("listenersGate", UpgradeGate.class,
				() -> gate(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1, steps.of(listenersGate)));
		this.context.registerBean(ReactiveWebServerFactory.class,
				() -> (handler) -> new QuietServer(server, steps.of(server::start)));
		this.context.registerBean("ownershipGate", UpgradeGate.class,
				() -> gate(WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE + 1, steps.of(ownershipGate)));
		this.context.registerBean(HttpHandler.class, MiniatureApplication::nothing);
		this.context.registerBean(ApplicationAvailabilityBean.class);
		if (ClassUtils.isPresent("org.springframework.web.reactive.resource.ResourceUrlProvider",
				MiniatureApplication.class.getClassLoader())) {
			WebFlux.register(this.context);
		}
		SpringApplication.withHook((application) -> new WhenReady(steps.of(ready)), () -> application().run());
		steps.throwFailure();
	}

	/**
	 * End it, as an incumbent does that has handed over.
	 */
	void exit() {
		// What is interrupted here complains. It does not take long anyway.
		boolean interrupted = Thread.interrupted();
		try {
			if (this.context.isActive()) {
				SpringApplication.exit(this.context);
			}
			else {
				this.context.close();
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
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
		application.addInitializers(new ServerPortInfoApplicationContextInitializer());
		// Or Spring Boot would look for what was generated ahead of time for this one.
		application.addInitializers(AotApplicationContextInitializer.forInitializerClasses());
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
	 * What the application does at its own places. Once one of them has failed, the
	 * others do nothing, and Spring, which would log it, hears of none. One thread only.
	 */
	private static final class Steps {

		private @Nullable RuntimeException exception;

		private @Nullable Error error;

		Runnable of(Runnable step) {
			return () -> {
				if (this.exception != null || this.error != null) {
					return;
				}
				try {
					step.run();
				}
				catch (RuntimeException ex) {
					this.exception = ex;
				}
				catch (Error ex) {
					this.error = ex;
				}
			};
		}

		void throwFailure() {
			if (this.exception != null) {
				throw this.exception;
			}
			if (this.error != null) {
				throw this.error;
			}
		}

	}

	/**
	 * A web server that starts in a step.
	 *
	 * @param server the server
	 * @param starting the step
	 */
	private record QuietServer(WebServer server, Runnable starting) implements WebServer {

		@Override
		public void start() {
			this.starting.run();
		}

		@Override
		public void stop() {
			this.server.stop();
		}

		@Override
		public int getPort() {
			return this.server.getPort();
		}

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
