package io.github.gracefulupgrade.autoconfigure;

import java.util.Locale;
import java.util.Optional;

import io.github.gracefulupgrade.netty.UpgradableServers;
import io.github.gracefulupgrade.signal.QuitSignal;

/**
 * Whether upgrades are possible here at all.
 */
final class Platform {

	private Platform() {
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
		return QuitSignal.obstacle().or(UpgradableServers::unsupported);
	}

}
