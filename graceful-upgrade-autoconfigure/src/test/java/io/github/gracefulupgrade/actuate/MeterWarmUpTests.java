package io.github.gracefulupgrade.actuate;

import java.util.ArrayList;
import java.util.List;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.support.StaticListableBeanFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

class MeterWarmUpTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private static MeterWarmUp warmUp(Object registry) {
		StaticListableBeanFactory beans = new StaticListableBeanFactory();
		beans.addBean("registry", registry);
		return new MeterWarmUp(beans.getBeanProvider(MeterRegistry.class));
	}

	@Test
	void makesMetersAndLeavesNone() {
		List<Meter.Type> made = new ArrayList<>();
		this.registry.config().onMeterAdded((meter) -> made.add(meter.getId().getType()));
		warmUp(this.registry).between();
		warmUp(this.registry).between();
		assertThat(made).containsExactly(Meter.Type.TIMER, Meter.Type.GAUGE, Meter.Type.TIMER, Meter.Type.GAUGE);
		assertThat(this.registry.getMeters()).isEmpty();
	}

	@Test
	void failsNoStart() {
		this.registry.config().onMeterAdded((meter) -> {
			throw new IllegalStateException("refused");
		});
		assertThatNoException().isThrownBy(() -> warmUp(this.registry).between());
	}

}
