package io.github.gracefulupgrade.actuate;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradeWarmUp;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationFilter;

import org.springframework.boot.actuate.autoconfigure.info.ConditionalOnEnabledInfoContributor;
import org.springframework.boot.actuate.autoconfigure.info.InfoContributorFallback;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * Auto-configuration for what dashboards show of the upgrade: health, info and metrics.
 */
@AutoConfiguration(afterName = "io.github.gracefulupgrade.autoconfigure.GracefulUpgradeAutoConfiguration")
@ConditionalOnBean(GracefulUpgrade.class)
public final class GracefulUpgradeActuatorAutoConfiguration {

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
	static class Health {

		@Bean
		@ConditionalOnEnabledHealthIndicator("upgrade")
		HealthIndicator upgradeHealthIndicator(GracefulUpgrade upgrade) {
			return new UpgradeHealthIndicator(upgrade);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ InfoContributor.class, ConditionalOnEnabledInfoContributor.class })
	static class Info {

		@Bean
		@ConditionalOnEnabledInfoContributor(value = "upgrade",
				fallback = InfoContributorFallback.USE_DEFAULTS_PROPERTY)
		InfoContributor upgradeInfoContributor(GracefulUpgrade upgrade) {
			return new UpgradeInfoContributor(upgrade);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	static class Metrics {

		@Bean
		UpgradeMetrics gracefulUpgradeMetrics(GracefulUpgrade upgrade) {
			return new UpgradeMetrics(upgrade);
		}

		// No candidate: an application may ask for its own by this type.
		@Bean(autowireCandidate = false)
		UpgradeWarmUp gracefulUpgradeMeterWarmUp(ObjectProvider<MeterRegistry> registry) {
			return new MeterWarmUp(registry);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ObservationFilter.class)
	@Conditional(OnWarmUpRequestsCondition.class)
	static class Observations {

		@Bean
		WarmUpObservationFilter gracefulUpgradeWarmUpObservationFilter() {
			return new WarmUpObservationFilter();
		}

	}

}
