package io.github.gracefulupgrade.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradePhase;
import io.github.gracefulupgrade.UpgradePhaseChangedEvent;
import io.github.gracefulupgrade.UpgradeStatus;
import io.github.gracefulupgrade.UpgradeStatus.Attempt;
import io.github.gracefulupgrade.UpgradeStatus.Outcome;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link GracefulUpgradeActuatorAutoConfiguration}.
 */
class GracefulUpgradeActuatorAutoConfigurationTests {

	private final GracefulUpgrade upgrade = new GracefulUpgrade() {

		@Override
		public UpgradeStatus status() {
			return new UpgradeStatus(17, UpgradePhase.DRAINING, 3, Instant.EPOCH, List.of(),
					new UpgradeStatus.Successor(18, Instant.EPOCH, true), new UpgradeStatus.Predecessor(16, false),
					new UpgradeStatus.Drain(5, 2, 7, Duration.ofSeconds(1)),
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
			metrics.onApplicationEvent(
					new UpgradePhaseChangedEvent(this, UpgradePhase.HANDING_OVER, UpgradePhase.CLOSING));
			metrics.onApplicationEvent(new UpgradePhaseChangedEvent(this, UpgradePhase.CLOSING, UpgradePhase.DRAINING));
			assertThat(registry.get("graceful.upgrade.handovers").tag("outcome", "handed_over").timer().count())
				.isOne();
		});
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
	void withoutUpgradesThereIsNothingToTell() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(GracefulUpgradeActuatorAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(HealthIndicator.class)
				.doesNotHaveBean(UpgradeMetrics.class));
	}

}
