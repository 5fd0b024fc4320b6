package io.github.gracefulupgrade.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradeAttemptedEvent;
import io.github.gracefulupgrade.UpgradePhase;
import io.github.gracefulupgrade.UpgradePhaseChangedEvent;
import io.github.gracefulupgrade.UpgradeStatus;
import io.github.gracefulupgrade.UpgradeStatus.Drained;
import io.github.gracefulupgrade.UpgradeStatus.Farewell;
import io.github.gracefulupgrade.UpgradeStatus.Outcome;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

import org.springframework.context.event.EventListener;

/**
 * Meters of the upgrade. What is gauged is looked at when it is asked for; what is
 * counted is told by the phases.
 * <p>
 * An incumbent that has drained exits, and nobody may have asked it in its last moment:
 * its successor shows what the drain came to, as {@code graceful.upgrade.predecessor.*}.
 */
final class UpgradeMetrics implements MeterBinder {

	private static final String PREFIX = "graceful.upgrade.";

	private final GracefulUpgrade upgrade;

	private final List<MeterRegistry> registries = new CopyOnWriteArrayList<>();

	/**
	 * When the drain began. Used by the thread of the events.
	 */
	private @Nullable Instant draining;

	UpgradeMetrics(GracefulUpgrade upgrade) {
		this.upgrade = upgrade;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.registries.add(registry);
		handovers(registry, Outcome.HANDED_OVER);
		handovers(registry, Outcome.FAILED);
		drain(registry);
		gauge(registry, "generation", "Handovers since the cold start", UpgradeStatus::generation);
		gauge(registry, "successor.waiting", "Whether a successor waits to take over",
				(status) -> (status.successor() != null && status.successor().waiting()) ? 1 : 0);
		gauge(registry, "predecessor.draining", "Whether the predecessor still finishes its requests",
				(status) -> (status.predecessor() != null && status.predecessor().draining()) ? 1 : 0);
		gauge(registry, "drain.connections", "Connections that are open while draining",
				(status) -> (status.drain() != null) ? status.drain().connections() : 0);
		gauge(registry, "drain.requests", "Requests that are in flight while draining",
				(status) -> (status.drain() != null) ? status.drain().requests() : 0);
		drained(registry, "drain.", "this instance's drain", UpgradeMetrics::soFar);
		drained(registry, "predecessor.", "the predecessor's drain", UpgradeMetrics::ofPredecessor);
		time(registry, "predecessor.handover", "How long the handover to this instance took, from the trigger",
				Farewell::handover);
		time(registry, "predecessor.drain", "How long the predecessor's drain took", Farewell::drain);
	}

	private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<UpgradeStatus> value) {
		Gauge.builder(PREFIX + name, this.upgrade, (upgrade) -> value.applyAsDouble(upgrade.status()))
			.description(description)
			.register(registry);
	}

	private void drained(MeterRegistry registry, String prefix, String whose,
			Function<UpgradeStatus, @Nullable Drained> drained) {
		count(registry, prefix + "connections.ended", "how", "Connections that ended in " + whose, drained,
				List.of(new Kind("handed_over", Drained::handedOver), new Kind("announced", Drained::announced),
						new Kind("goaway", Drained::goneAway), new Kind("websocket", Drained::webSockets)));
		count(registry, prefix + "requests.ended", "outcome", "Requests that ended in " + whose, drained,
				List.of(new Kind("finished", Drained::finished), new Kind("cut", Drained::cut)));
	}

	private void count(MeterRegistry registry, String name, String tag, String description,
			Function<UpgradeStatus, @Nullable Drained> drained, List<Kind> kinds) {
		for (Kind kind : kinds) {
			Gauge.builder(PREFIX + name, this.upgrade, (upgrade) -> {
				Drained counts = drained.apply(upgrade.status());
				return (counts != null) ? kind.count().applyAsDouble(counts) : 0;
			}).tag(tag, kind.name()).description(description).register(registry);
		}
	}

	private void time(MeterRegistry registry, String name, String description, Function<Farewell, Duration> time) {
		TimeGauge.builder(PREFIX + name, this.upgrade, TimeUnit.MILLISECONDS, (upgrade) -> {
			Farewell farewell = farewell(upgrade.status());
			return (farewell != null) ? time.apply(farewell).toMillis() : 0;
		}).description(description).register(registry);
	}

	private static @Nullable Drained soFar(UpgradeStatus status) {
		UpgradeStatus.Drain drain = status.drain();
		return (drain != null) ? new Drained(drain.finished(), drain.cut(), drain.handedOver(), drain.announced(),
				drain.goneAway(), drain.webSockets()) : null;
	}

	private static @Nullable Drained ofPredecessor(UpgradeStatus status) {
		Farewell farewell = farewell(status);
		return (farewell != null) ? farewell.drained() : null;
	}

	private static @Nullable Farewell farewell(UpgradeStatus status) {
		return (status.predecessor() != null) ? status.predecessor().farewell() : null;
	}

	private static Timer handovers(MeterRegistry registry, Outcome outcome) {
		return Timer.builder(PREFIX + "handovers")
			.description("Handovers of this instance, from the trigger to the outcome")
			.tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
			.register(registry);
	}

	private static Timer drain(MeterRegistry registry) {
		return Timer.builder(PREFIX + "drain").description("This instance's drain after a handover").register(registry);
	}

	@EventListener
	void attempted(UpgradeAttemptedEvent event) {
		UpgradeStatus.Attempt attempt = event.getAttempt();
		this.registries.forEach((registry) -> handovers(registry, attempt.outcome()).record(attempt.duration()));
	}

	@EventListener
	void phaseChanged(UpgradePhaseChangedEvent event) {
		Instant draining = this.draining;
		if (event.getPhase() == UpgradePhase.DRAINING) {
			this.draining = Instant.ofEpochMilli(event.getTimestamp());
		}
		else if (event.getPhase() == UpgradePhase.GONE && draining != null) {
			Duration took = Duration.between(draining, Instant.ofEpochMilli(event.getTimestamp()));
			this.registries.forEach((registry) -> drain(registry).record(took));
		}
	}

	/**
	 * One of the counts of a drain.
	 */
	private record Kind(String name, ToDoubleFunction<Drained> count) {
	}

}
