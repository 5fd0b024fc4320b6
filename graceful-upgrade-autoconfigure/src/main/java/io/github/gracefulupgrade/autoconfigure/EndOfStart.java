package io.github.gracefulupgrade.autoconfigure;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.boot.autoconfigure.condition.ConditionEvaluationReport;
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
import org.springframework.util.ClassUtils;

/**
 * What Spring and Spring Boot look up at the end of every start, looked up ahead of time.
 * They remember it, and the first request to a successor waits until all of that is done,
 * beside a compiler that it keeps busy. Nothing is published, and nothing is created that
 * would not have been by now.
 */
final class EndOfStart {

	/**
	 * The types of the beans that are looked up, by name: the first is not public, the
	 * second not there without WebFlux.
	 */
	private static final List<String> BEANS = List.of("org.springframework.boot.Runner",
			"org.springframework.web.reactive.HandlerMapping");

	private EndOfStart() {
	}

	/**
	 * Look it all up.
	 * @param context an application whose beans are there
	 */
	static void lookUp(ConfigurableApplicationContext context) {
		conditions(context);
		listeners(context);
		beans(context);
	}

	/**
	 * Spring Boot asks for the report whether it logs it or not, and compares each of
	 * some hundred names with each.
	 */
	private static void conditions(ConfigurableApplicationContext context) {
		ConditionEvaluationReport.get(context.getBeanFactory()).getConditionAndOutcomesBySource();
	}

	/**
	 * Who listens to the events: each listener is asked for its type, and for that type's
	 * generics. Does nothing where Spring's multicaster is not the usual one.
	 */
	private static void listeners(ConfigurableApplicationContext context) {
		try {
			Object multicaster = context.getBean(AbstractApplicationContext.APPLICATION_EVENT_MULTICASTER_BEAN_NAME);
			// To find a listener that is lazy would create it, before its time.
			if (!(multicaster instanceof AbstractApplicationEventMulticaster)
					|| !areCreated(context, ApplicationListener.class)) {
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
	 * Runners, and what serves static resources: each bean is asked for its type.
	 */
	private static void beans(ConfigurableApplicationContext context) {
		try {
			// To ask what a lazy factory makes may create the factory.
			if (areCreated(context, FactoryBean.class)) {
				ClassLoader loader = EndOfStart.class.getClassLoader();
				BEANS.stream()
					.filter((type) -> ClassUtils.isPresent(type, loader))
					.forEach((type) -> context.getBeanFactory()
						.getBeanNamesForType(ClassUtils.resolveClassName(type, loader)));
			}
		}
		catch (RuntimeException | LinkageError ex) {
			// As above.
		}
	}

	private static boolean areCreated(ConfigurableApplicationContext context, Class<?> type) {
		return Stream.of(context.getBeanFactory().getBeanNamesForType(type, true, false))
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
