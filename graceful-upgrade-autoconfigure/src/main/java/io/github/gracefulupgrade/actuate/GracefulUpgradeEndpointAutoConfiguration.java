package io.github.gracefulupgrade.actuate;

import io.github.gracefulupgrade.GracefulUpgrade;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration for the {@link UpgradeEndpoint}.
 */
@AutoConfiguration(afterName = "io.github.gracefulupgrade.autoconfigure.GracefulUpgradeAutoConfiguration")
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(GracefulUpgrade.class)
@ConditionalOnAvailableEndpoint(UpgradeEndpoint.class)
public final class GracefulUpgradeEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	UpgradeEndpoint gracefulUpgradeEndpoint(GracefulUpgrade upgrade) {
		return new UpgradeEndpoint(upgrade);
	}

	@Bean
	WaitParameter gracefulUpgradeEndpointWaitParameter(ObjectProvider<UpgradeEndpoint> endpoint) {
		return new WaitParameter(endpoint);
	}

}
