package io.github.gracefulupgrade.actuate;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradeStatus;

import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;

/**
 * Tells how many handovers there were since the cold start, from which process this one
 * took over, and since when it serves.
 */
final class UpgradeInfoContributor implements InfoContributor {

	private final GracefulUpgrade upgrade;

	UpgradeInfoContributor(GracefulUpgrade upgrade) {
		this.upgrade = upgrade;
	}

	@Override
	public void contribute(Info.Builder builder) {
		UpgradeStatus status = this.upgrade.status();
		Map<String, Object> detail = new LinkedHashMap<>();
		detail.put("generation", status.generation());
		UpgradeStatus.Predecessor predecessor = status.predecessor();
		if (predecessor != null) {
			detail.put("predecessor", predecessor.pid());
		}
		detail.put("phase", status.phase());
		detail.put("since", status.since());
		builder.withDetail("upgrade", detail);
	}

}
