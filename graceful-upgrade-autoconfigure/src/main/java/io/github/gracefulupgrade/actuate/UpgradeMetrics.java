package io.github.gracefulupgrade.actuate;

import java.util.Locale;
import java.util.function.ToDoubleFunction;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradePhase;
import io.github.gracefulupgrade.UpgradePhaseChangedEvent;
import io.github.gracefulupgrade.UpgradeStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationListener;

/**
 * Meters of the upgrade. What is gauged is looked at when it is asked for; what is
 * counted is told by the phases.
 */
final class UpgradeMetrics implements MeterBinder, ApplicationListener<UpgradePhaseChangedEvent> {

	private final GracefulUpgrade upgrade;

	private volatile @Nullable MeterRegistry registry;

	UpgradeMetrics(GracefulUpgrade upgrade) {
		this.upgrade = upgrade;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.registry = registry;
		gauge(registry, "graceful.upgrade.generation", "Handovers since the cold start", UpgradeStatus::generation);
		gauge(registry, "graceful.upgrade.successor.waiting", "Whether a successor waits to take over",
				(status) -> (status.successor() != null && status.successor().waiting()) ? 1 : 0);
		gauge(registry, "graceful.upgrade.drain.connections", "Connections that are open while draining",
				(status) -> (status.drain() != null) ? status.drain().connections() : 0);
		gauge(registry, "graceful.upgrade.drain.requests", "Requests that are in flight while draining",
				(status) -> (status.drain() != null) ? status.drain().requests() : 0);
	}

	private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<UpgradeStatus> value) {
		Gauge.builder(name, this.upgrade, (upgrade) -> value.applyAsDouble(upgrade.status()))
			.description(description)
			.register(registry);
	}

	@Override
	public void onApplicationEvent(UpgradePhaseChangedEvent event) {
		MeterRegistry registry = this.registry;
		UpgradeStatus.Attempt attempt = this.upgrade.status().lastAttempt();
		if (registry == null || attempt == null || event.getPrevious() != UpgradePhase.HANDING_OVER) {
			return;
		}
		Timer.builder("graceful.upgrade.handovers")
			.description("Handovers, from the trigger to the outcome")
			.tag("outcome", attempt.outcome().name().toLowerCase(Locale.ROOT))
			.register(registry)
			.record(attempt.duration());
	}

}
