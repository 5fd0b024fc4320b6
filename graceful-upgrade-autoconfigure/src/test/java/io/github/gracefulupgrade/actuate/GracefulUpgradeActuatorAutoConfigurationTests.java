package io.github.gracefulupgrade.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradeAttemptedEvent;
import io.github.gracefulupgrade.UpgradePhase;
import io.github.gracefulupgrade.UpgradePhaseChangedEvent;
import io.github.gracefulupgrade.UpgradeStatus;
import io.github.gracefulupgrade.UpgradeStatus.Attempt;
import io.github.gracefulupgrade.UpgradeStatus.Outcome;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micrometer.observation.ObservationFilter;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * Tests for {@link GracefulUpgradeActuatorAutoConfiguration}.
 */
class GracefulUpgradeActuatorAutoConfigurationTests {

	private final GracefulUpgrade upgrade = new GracefulUpgrade() {

		@Override
		public UpgradeStatus status() {
			return new UpgradeStatus(17, UpgradePhase.DRAINING, 3, Instant.EPOCH, List.of(),
					new UpgradeStatus.Successor(18, Instant.EPOCH, true),
					new UpgradeStatus.Predecessor(16, false,
							new UpgradeStatus.Farewell(Duration.ofMillis(1500), Duration.ofSeconds(2),
									new UpgradeStatus.Drained(31, 32, 33, 34, 35, 36))),
					new UpgradeStatus.Drain(5, 2, 7, Duration.ofSeconds(1), 8, 9, 10, 11, 12),
					new Attempt(Outcome.HANDED_OVER, "it accepts", Duration.ofMillis(20)), null);
		}

		@Override
		public CompletionStage<Attempt> upgrade() {
			return new CompletableFuture<>();
		}

	};

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(GracefulUpgradeActuatorAutoConfiguration.class))
		.withBean(GracefulUpgrade.class, () -> this.upgrade);

	@Test
	void healthTellsPhaseAndGenerationAndIsUpWhileDraining() {
		this.runner.run((context) -> {
			var health = context.getBean(HealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			assertThat(health.getDetails()).containsEntry("phase", UpgradePhase.DRAINING)
				.containsEntry("generation", 3);
		});
	}

	@Test
	void infoTellsWhoCameBefore() {
		this.runner.run((context) -> {
			Info.Builder builder = new Info.Builder();
			context.getBean(UpgradeInfoContributor.class).contribute(builder);
			assertThat(builder.build().getDetails()).extractingByKey("upgrade")
				.asInstanceOf(InstanceOfAssertFactories.MAP)
				.containsEntry("generation", 3)
				.containsEntry("predecessor", 16L);
		});
	}

	@Test
	void metersTellWhatIsLeftAndWhatBecameOfHandovers() {
		this.runner.run((context) -> {
			MeterRegistry registry = new SimpleMeterRegistry();
			UpgradeMetrics metrics = context.getBean(UpgradeMetrics.class);
			metrics.bindTo(registry);
			assertThat(registry.get("graceful.upgrade.generation").gauge().value()).isEqualTo(3);
			assertThat(registry.get("graceful.upgrade.successor.waiting").gauge().value()).isOne();
			assertThat(registry.get("graceful.upgrade.drain.connections").gauge().value()).isEqualTo(5);
			assertThat(registry.get("graceful.upgrade.drain.requests").gauge().value()).isEqualTo(2);
			assertThat(ended(registry, "drain.requests", "outcome")).containsOnly(entry("finished", 7.0),
					entry("cut", 12.0));
			assertThat(ended(registry, "drain.connections", "how")).containsOnly(entry("handed_over", 8.0),
					entry("announced", 9.0), entry("goaway", 10.0), entry("websocket", 11.0));
			assertThat(ended(registry, "predecessor.requests", "outcome")).containsOnly(entry("finished", 31.0),
					entry("cut", 32.0));
			assertThat(ended(registry, "predecessor.connections", "how")).containsOnly(entry("handed_over", 33.0),
					entry("announced", 34.0), entry("goaway", 35.0), entry("websocket", 36.0));
			assertThat(registry.get("graceful.upgrade.predecessor.handover").timeGauge().value(TimeUnit.MILLISECONDS))
				.isEqualTo(1500);
			assertThat(registry.get("graceful.upgrade.predecessor.drain").timeGauge().value(TimeUnit.SECONDS))
				.isEqualTo(2);
			context.publishEvent(new UpgradeAttemptedEvent(this, this.upgrade.status().lastAttempt()));
			context.publishEvent(new UpgradePhaseChangedEvent(this, UpgradePhase.CLOSING, UpgradePhase.DRAINING));
			assertThat(registry.get("graceful.upgrade.handovers").tag("outcome", "handed_over").timer().count())
				.isOne();
			context.publishEvent(new UpgradePhaseChangedEvent(this, UpgradePhase.DRAINING, UpgradePhase.GONE));
			assertThat(registry.get("graceful.upgrade.drain").timer().count()).isOne();
			assertThat(registry.get("graceful.upgrade.handovers").tag("outcome", "failed").timer().count()).isZero();
		});
	}

	@Test
	void everyMeterIsDescribedAndPrometheusTakesItsName() {
		this.runner.run((context) -> {
			PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
			context.getBean(UpgradeMetrics.class).bindTo(registry);
			assertThat(registry.getMeters()).allSatisfy((meter) -> {
				assertThat(meter.getId().getName()).startsWith("graceful.upgrade.");
				assertThat(meter.getId().getDescription()).isNotBlank();
			});
			assertThat(registry.scrape()).contains("graceful_upgrade_generation 3.0",
					"graceful_upgrade_handovers_seconds_count{outcome=\"failed\"} 0",
					"graceful_upgrade_drain_seconds_count 0", "graceful_upgrade_drain_connections 5.0",
					"graceful_upgrade_predecessor_connections_ended{how=\"handed_over\"} 33.0",
					"graceful_upgrade_predecessor_requests_ended{outcome=\"cut\"} 32.0",
					"graceful_upgrade_predecessor_handover_seconds 1.5",
					"graceful_upgrade_predecessor_drain_seconds 2.0");
		});
	}

	private static Map<String, Double> ended(MeterRegistry registry, String what, String tag) {
		return registry.get("graceful.upgrade." + what + ".ended")
			.gauges()
			.stream()
			.collect(Collectors.toMap((gauge) -> gauge.getId().getTag(tag), Gauge::value));
	}

	@Test
	void eachPartNeedsOnlyItsOwnLibrary() {
		this.runner.withClassLoader(new FilteredClassLoader("io.micrometer"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("gracefulUpgradeMetrics"));
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("upgradeHealthIndicator"));
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("upgradeInfoContributor"));
	}

	@Test
	void theyCanBeSwitchedOffLikeAllOthers() {
		this.runner
			.withPropertyValues("management.health.upgrade.enabled=false", "management.info.upgrade.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean("upgradeHealthIndicator")
				.doesNotHaveBean("upgradeInfoContributor"));
	}

	@Test
	void requestsOfAWarmUpAreToldApartWhereThereAreAny() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(ObservationFilter.class));
		this.runner.withPropertyValues("pingora.warm-up.requests=GET /, POST /orders")
			.run((context) -> assertThat(context).hasSingleBean(ObservationFilter.class));
		this.runner.withPropertyValues("pingora.warm-up.requests[0].path=/")
			.run((context) -> assertThat(context).hasSingleBean(ObservationFilter.class));
		this.runner.withPropertyValues("pingora.warm-up.requests=")
			.run((context) -> assertThat(context).doesNotHaveBean(ObservationFilter.class));
		this.runner.withPropertyValues("pingora.warm-up.requests=${no.such.thing:}")
			.run((context) -> assertThat(context).doesNotHaveBean(ObservationFilter.class));
		this.runner.withPropertyValues("pingora.warm-up.requests[0]=GET /")
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("more important", Map.of("pingora.warm-up.requests", ""))))
			.run((context) -> assertThat(context).doesNotHaveBean(ObservationFilter.class));
		this.runner
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment",
						Map.of("PINGORA_WARMUP_REQUESTS_0_PATH", "/"))))
			.run((context) -> assertThat(context).hasSingleBean(ObservationFilter.class));
	}

	@Test
	void withoutUpgradesThereIsNothingToTell() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(GracefulUpgradeActuatorAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(HealthIndicator.class)
				.doesNotHaveBean(UpgradeMetrics.class));
	}

}
