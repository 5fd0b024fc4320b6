package io.github.gracefulupgrade.actuate;

import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.UpgradeWarmUp;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;

import org.springframework.beans.factory.ObjectProvider;

/**
 * Makes a meter and uses it now and then while requests are played. The first request of
 * a user has other tags than those of the warm-up, and so a meter of its own, and the
 * compiler would have left out of the code of a request what makes one, and what only a
 * new one needs.
 */
final class MeterWarmUp implements UpgradeWarmUp {

	private static final String NAME = "graceful.upgrade.warm.up";

	private final ObjectProvider<MeterRegistry> registry;

	MeterWarmUp(ObjectProvider<MeterRegistry> registry) {
		this.registry = registry;
	}

	@Override
	public void warmUp() {
		// The requests of the warm-up make meters of their own.
	}

	@Override
	public void between() {
		try {
			this.registry.ifUnique(MeterWarmUp::use);
		}
		catch (RuntimeException ex) {
			// A registry that takes no such meter. No start fails for that.
		}
	}

	private static void use(MeterRegistry registry) {
		Timer timer = registry.timer(NAME);
		// Each is the longest so far, as the first of every new meter is.
		timer.record(1, TimeUnit.MICROSECONDS);
		timer.record(2, TimeUnit.MICROSECONDS);
		registry.remove(timer);
		// Spring Boot makes two of these at the end of each start.
		registry.remove(TimeGauge.builder(NAME + ".time", () -> 1, TimeUnit.SECONDS).register(registry));
	}

}
