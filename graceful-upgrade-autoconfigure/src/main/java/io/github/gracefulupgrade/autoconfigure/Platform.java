package io.github.gracefulupgrade.autoconfigure;

import java.util.Locale;
import java.util.Optional;

import io.github.gracefulupgrade.netty.UpgradableServers;
import io.github.gracefulupgrade.signal.QuitSignal;

import org.springframework.context.support.DefaultLifecycleProcessor;
import org.springframework.core.SpringProperties;

/**
 * Whether upgrades are possible here at all.
 */
final class Platform {

	private Platform() {
	}

	/**
	 * Whether this start ends before it would listen: it fills a class-data archive, for
	 * example, maybe on a machine that has not even the folder of the upgrade socket.
	 */
	static boolean isTrainingRun() {
		return isOnRefresh(DefaultLifecycleProcessor.EXIT_PROPERTY_NAME);
	}

	private static boolean isOnRefresh(String property) {
		return DefaultLifecycleProcessor.ON_REFRESH_VALUE.equalsIgnoreCase(SpringProperties.getProperty(property));
	}

	/**
	 * What keeps this process from upgrades, as far as it can be told before the event
	 * loops exist.
	 * @return a sentence, or empty if nothing does
	 */
	static Optional<String> obstacle() {
		String os = System.getProperty("os.name", "unknown");
		if (!os.toLowerCase(Locale.ROOT).startsWith("linux")) {
			return Optional.of("it needs Linux, and this is " + os);
		}
		if (isOnRefresh(DefaultLifecycleProcessor.CHECKPOINT_PROPERTY_NAME)) {
			return Optional.of("it is started from a checkpoint, which keeps no lock and no connection");
		}
		return QuitSignal.obstacle().or(UpgradableServers::unsupported);
	}

}
