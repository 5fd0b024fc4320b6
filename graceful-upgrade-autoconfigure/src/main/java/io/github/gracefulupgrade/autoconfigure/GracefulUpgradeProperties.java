package io.github.gracefulupgrade.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Properties of the graceful upgrade.
 */
@ConfigurationProperties("pingora")
public class GracefulUpgradeProperties {

	/**
	 * Path of the Unix domain socket that the running instance and its successor agree
	 * on. Without it, the starter does nothing.
	 */
	private @Nullable Path upgradeSock;

	/**
	 * Whether this instance takes over from a running one: 'true' (or --upgrade, or -u)
	 * must, 'auto' does if there is one.
	 */
	private Upgrade upgrade = Upgrade.FALSE;

	/**
	 * How long a successor keeps trying to reach the running instance.
	 */
	private Duration connectTimeout = Duration.ofSeconds(5);

	/**
	 * How long a SIGQUIT that found no successor is remembered.
	 */
	private Duration triggerWindow = Duration.ofSeconds(60);

	/**
	 * How long the running instance waits, once the handover began, for the successor to
	 * accept; then it takes the offer back and serves on.
	 */
	private Duration readyTimeout = Duration.ofSeconds(60);

	/**
	 * How long both instances accept before the running one stops.
	 */
	private Duration closeTimeout = Duration.ofSeconds(5);

	/**
	 * How long the running instance lets requests in flight finish. Defaults to
	 * 'spring.lifecycle.timeout-per-shutdown-phase'.
	 */
	private @Nullable Duration gracePeriod;

	/**
	 * File that names the process that serves: written when an instance starts to serve,
	 * replaced by its successor, removed by the last one.
	 */
	private @Nullable Path pidFile;

	public @Nullable Path getUpgradeSock() {
		return this.upgradeSock;
	}

	public void setUpgradeSock(@Nullable Path upgradeSock) {
		this.upgradeSock = upgradeSock;
	}

	public Upgrade getUpgrade() {
		return this.upgrade;
	}

	public void setUpgrade(Upgrade upgrade) {
		this.upgrade = upgrade;
	}

	public Duration getConnectTimeout() {
		return this.connectTimeout;
	}

	public void setConnectTimeout(Duration connectTimeout) {
		this.connectTimeout = connectTimeout;
	}

	public Duration getTriggerWindow() {
		return this.triggerWindow;
	}

	public void setTriggerWindow(Duration triggerWindow) {
		this.triggerWindow = triggerWindow;
	}

	public Duration getReadyTimeout() {
		return this.readyTimeout;
	}

	public void setReadyTimeout(Duration readyTimeout) {
		this.readyTimeout = readyTimeout;
	}

	public Duration getCloseTimeout() {
		return this.closeTimeout;
	}

	public void setCloseTimeout(Duration closeTimeout) {
		this.closeTimeout = closeTimeout;
	}

	public @Nullable Duration getGracePeriod() {
		return this.gracePeriod;
	}

	public void setGracePeriod(@Nullable Duration gracePeriod) {
		this.gracePeriod = gracePeriod;
	}

	public @Nullable Path getPidFile() {
		return this.pidFile;
	}

	public void setPidFile(@Nullable Path pidFile) {
		this.pidFile = pidFile;
	}

	/**
	 * Whether an instance takes over from a running one.
	 */
	public enum Upgrade {

		/**
		 * It does not, and fails if there is a running one.
		 */
		FALSE,

		/**
		 * It must, and fails if there is no running one.
		 */
		TRUE,

		/**
		 * It does if there is a running one.
		 */
		AUTO

	}

}
