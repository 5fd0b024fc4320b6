package io.github.gracefulupgrade.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.event.GenericApplicationListener;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

class EndOfStartTests {

	private final List<ResolvableType> asked = new ArrayList<>();

	private final List<ApplicationEvent> heard = new ArrayList<>();

	@Test
	void findsListenersAndPublishesNothing() {
		try (GenericApplicationContext context = new GenericApplicationContext()) {
			context.addApplicationListener(new Listener());
			context.refresh();
			this.asked.clear();
			this.heard.clear();
			EndOfStart.lookUp(context);
			assertThat(this.asked).isNotEmpty();
			assertThat(this.heard).isEmpty();
			this.asked.clear();
			AvailabilityChangeEvent.publish(context, LivenessState.CORRECT);
			assertThat(this.heard).hasSize(1);
			assertThat(this.asked).isEmpty();
		}
	}

	@Test
	void findsRunners() {
		AtomicInteger typesAsked = new AtomicInteger();
		DefaultListableBeanFactory beans = new DefaultListableBeanFactory() {

			@Override
			protected boolean isTypeMatch(String name, ResolvableType type, boolean allowFactoryBeanInit) {
				typesAsked.incrementAndGet();
				return super.isTypeMatch(name, type, allowFactoryBeanInit);
			}

		};
		try (GenericApplicationContext context = new GenericApplicationContext(beans)) {
			context.registerBean("runner", ApplicationRunner.class, () -> (arguments) -> {
			});
			context.refresh();
			EndOfStart.lookUp(context);
			typesAsked.set(0);
			assertThat(beans.getBeanNamesForType(ClassUtils.resolveClassName("org.springframework.boot.Runner", null)))
				.containsExactly("runner");
			assertThat(typesAsked).hasValue(0);
		}
	}

	@Test
	void createsNoLazyFactory() {
		try (GenericApplicationContext context = new GenericApplicationContext()) {
			AtomicBoolean created = new AtomicBoolean();
			context.registerBean("lazy", FactoryBean.class, () -> {
				created.set(true);
				return new Factory();
			}, (definition) -> definition.setLazyInit(true));
			context.refresh();
			EndOfStart.lookUp(context);
			assertThat(created).isFalse();
			// It is what the end of a start does.
			context.getBeanNamesForType(ApplicationRunner.class);
			assertThat(created).isTrue();
		}
	}

	@Test
	void failsNoStart() {
		try (GenericApplicationContext context = new GenericApplicationContext()) {
			// Not refreshed, it has no multicaster.
			assertThatNoException().isThrownBy(() -> EndOfStart.lookUp(context));
		}
	}

	private static final class Factory implements FactoryBean<Object> {

		@Override
		public Object getObject() {
			return "object";
		}

		@Override
		public Class<?> getObjectType() {
			return String.class;
		}

	}

	private final class Listener implements GenericApplicationListener {

		@Override
		public boolean supportsEventType(ResolvableType type) {
			EndOfStartTests.this.asked.add(type);
			return true;
		}

		@Override
		public void onApplicationEvent(ApplicationEvent event) {
			EndOfStartTests.this.heard.add(event);
		}

	}

}
