package io.github.gracefulupgrade.actuate;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradeStatus;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Tells the phase and the generation. Always up: an instance that drains is healthy, and
 * whether it should get traffic is what the readiness state says.
 */
final class UpgradeHealthIndicator extends AbstractHealthIndicator {

	private final GracefulUpgrade upgrade;

	UpgradeHealthIndicator(GracefulUpgrade upgrade) {
		super("The state of the graceful upgrade could not be told");
		this.upgrade = upgrade;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		UpgradeStatus status = this.upgrade.status();
		builder.up().withDetail("phase", status.phase()).withDetail("generation", status.generation());
	}

}
