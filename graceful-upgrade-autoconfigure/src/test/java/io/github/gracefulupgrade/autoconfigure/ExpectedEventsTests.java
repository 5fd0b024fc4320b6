package io.github.gracefulupgrade.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.event.GenericApplicationListener;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.ResolvableType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

class ExpectedEventsTests {

	private final List<ResolvableType> asked = new ArrayList<>();

	private final List<ApplicationEvent> heard = new ArrayList<>();

	@Test
	void findsListenersAndPublishesNothing() {
		try (GenericApplicationContext context = new GenericApplicationContext()) {
			context.addApplicationListener(new Listener());
			context.refresh();
			this.asked.clear();
			this.heard.clear();
			ExpectedEvents.expect(context);
			assertThat(this.asked).isNotEmpty();
			assertThat(this.heard).isEmpty();
			this.asked.clear();
			AvailabilityChangeEvent.publish(context, LivenessState.CORRECT);
			assertThat(this.heard).hasSize(1);
			assertThat(this.asked).isEmpty();
		}
	}

	@Test
	void failsNoStart() {
		try (GenericApplicationContext context = new GenericApplicationContext()) {
			// Not refreshed, it has no multicaster.
			assertThatNoException().isThrownBy(() -> ExpectedEvents.expect(context));
		}
	}

	private final class Listener implements GenericApplicationListener {

		@Override
		public boolean supportsEventType(ResolvableType type) {
			ExpectedEventsTests.this.asked.add(type);
			return true;
		}

		@Override
		public void onApplicationEvent(ApplicationEvent event) {
			ExpectedEventsTests.this.heard.add(event);
		}

	}

}
