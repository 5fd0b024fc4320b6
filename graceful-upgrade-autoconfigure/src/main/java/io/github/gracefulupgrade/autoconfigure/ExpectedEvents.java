package io.github.gracefulupgrade.autoconfigure;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerInitializedEvent;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.AbstractApplicationEventMulticaster;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.core.ResolvableType;

/**
 * Finds out ahead of time who listens to the events that Spring and Spring Boot publish
 * at the end of a start. Spring remembers it; to find it, each listener is asked for its
 * type and its type's generics, which is a part of what keeps the first request waiting,
 * and has the compiler busy beside it. Nothing is published.
 */
final class ExpectedEvents {

	private ExpectedEvents() {
	}

	/**
	 * Find the listeners. Does nothing where Spring's multicaster is not the usual one,
	 * or a listener is lazy.
	 * @param context an application whose beans are there
	 */
	static void expect(ConfigurableApplicationContext context) {
		try {
			Object multicaster = context.getBean(AbstractApplicationContext.APPLICATION_EVENT_MULTICASTER_BEAN_NAME);
			if (!(multicaster instanceof AbstractApplicationEventMulticaster) || !areCreated(context)) {
				return;
			}
			// Subclasses are meant to call it, and to publish what it is asked for.
			Method find = AbstractApplicationEventMulticaster.class.getDeclaredMethod("getApplicationListeners",
					ApplicationEvent.class, ResolvableType.class);
			find.setAccessible(true);
			for (ApplicationEvent event : events(context)) {
				find.invoke(multicaster, event, ResolvableType.forInstance(event));
			}
		}
		catch (ReflectiveOperationException | RuntimeException | LinkageError ex) {
			// Then Spring finds them when it needs them, and says so if it cannot.
		}
	}

	/**
	 * Whether all listeners exist: to find one that is lazy would create it, before its
	 * time.
	 */
	private static boolean areCreated(ConfigurableApplicationContext context) {
		return Stream.of(context.getBeanFactory().getBeanNamesForType(ApplicationListener.class, true, false))
			.allMatch((name) -> context.getBeanFactory().containsSingleton(BeanFactoryUtils.transformedBeanName(name)));
	}

	private static List<ApplicationEvent> events(ConfigurableApplicationContext context) {
		List<ApplicationEvent> events = new ArrayList<>();
		if (context instanceof ReactiveWebServerApplicationContext reactive) {
			WebServer server = reactive.getWebServer();
			if (server != null) {
				events.add(new ReactiveWebServerInitializedEvent(server, reactive));
			}
		}
		events.add(new ContextRefreshedEvent(context));
		events.add(new AvailabilityChangeEvent<>(context, LivenessState.CORRECT));
		events.add(new AvailabilityChangeEvent<>(context, ReadinessState.ACCEPTING_TRAFFIC));
		return events;
	}

}
