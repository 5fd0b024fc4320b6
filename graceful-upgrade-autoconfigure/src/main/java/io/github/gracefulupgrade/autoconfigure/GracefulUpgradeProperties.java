package io.github.gracefulupgrade.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

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
	 * must, 'auto' does if there is one, 'test' only tries whether it could, and exits
	 * with 0 or 1.
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
	 * Whether idle keep-alive connections are handed over to the successor, instead of
	 * being closed after their next response.
	 */
	private boolean connectionHandover = true;

	/**
	 * Channel handlers, besides those of Reactor Netty and of OpenTelemetry's agent, that
	 * keep nothing from one request of a connection to the next: names of their classes
	 * with the package, or how these begin. A connection with any other is not handed
	 * over, but closed after its next response.
	 */
	private List<String> statelessHandlers = new ArrayList<>();

	/**
	 * File that names the process that serves: written when an instance starts to serve,
	 * replaced by its successor, removed by the last one.
	 */
	private @Nullable Path pidFile;

	/**
	 * Whether this instance rehearses a handover, with a miniature of itself, so that the
	 * real one is fast.
	 */
	private boolean rehearsal = true;

	private final Ramp ramp = new Ramp();

	private final State state = new State();

	private final Spawn spawn = new Spawn();

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
		this.connectTimeout = Limits.notNegative(connectTimeout);
	}

	public Duration getTriggerWindow() {
		return this.triggerWindow;
	}

	public void setTriggerWindow(Duration triggerWindow) {
		this.triggerWindow = Limits.notNegative(triggerWindow);
	}

	public Duration getReadyTimeout() {
		return this.readyTimeout;
	}

	public void setReadyTimeout(Duration readyTimeout) {
		this.readyTimeout = Limits.notNegative(readyTimeout);
	}

	public Duration getCloseTimeout() {
		return this.closeTimeout;
	}

	public void setCloseTimeout(Duration closeTimeout) {
		this.closeTimeout = Limits.notNegative(closeTimeout);
	}

	public @Nullable Duration getGracePeriod() {
		return this.gracePeriod;
	}

	public void setGracePeriod(@Nullable Duration gracePeriod) {
		this.gracePeriod = (gracePeriod != null) ? Limits.notNegative(gracePeriod) : null;
	}

	public boolean isConnectionHandover() {
		return this.connectionHandover;
	}

	public void setConnectionHandover(boolean connectionHandover) {
		this.connectionHandover = connectionHandover;
	}

	public List<String> getStatelessHandlers() {
		return this.statelessHandlers;
	}

	public void setStatelessHandlers(List<String> statelessHandlers) {
		this.statelessHandlers = statelessHandlers.stream().map(Limits::notBlank).toList();
	}

	public @Nullable Path getPidFile() {
		return this.pidFile;
	}

	public void setPidFile(@Nullable Path pidFile) {
		this.pidFile = pidFile;
	}

	public boolean isRehearsal() {
		return this.rehearsal;
	}

	public void setRehearsal(boolean rehearsal) {
		this.rehearsal = rehearsal;
	}

	public Ramp getRamp() {
		return this.ramp;
	}

	public State getState() {
		return this.state;
	}

	public Spawn getSpawn() {
		return this.spawn;
	}

	/**
	 * How gradually a successor takes over.
	 */
	public static class Ramp {

		/**
		 * Whether the successor's share of new connections grows from little to all
		 * during 'pingora.close-timeout', instead of being up to chance meanwhile. To be
		 * set for both instances.
		 */
		private boolean enabled;

		/**
		 * Over how long a draining instance hands its keep-alive connections over, each
		 * at a moment of its own, at most for two thirds of 'pingora.grace-period'. Zero
		 * for all at once.
		 */
		private Duration connectionsOver = Duration.ZERO;

		public boolean isEnabled() {
			return this.enabled;
		}

		public void setEnabled(boolean enabled) {
			this.enabled = enabled;
		}

		public Duration getConnectionsOver() {
			return this.connectionsOver;
		}

		public void setConnectionsOver(Duration connectionsOver) {
			this.connectionsOver = Limits.notNegative(connectionsOver);
		}

	}

	/**
	 * What UpgradeContributor beans hand over.
	 */
	public static class State {

		/**
		 * How large one state of an UpgradeContributor may be.
		 */
		private DataSize maxSize = DataSize.ofMegabytes(16);

		/**
		 * How long all UpgradeContributors together may take to contribute, and each to
		 * receive.
		 */
		private Duration timeout = Duration.ofSeconds(5);

		public DataSize getMaxSize() {
			return this.maxSize;
		}

		public void setMaxSize(DataSize maxSize) {
			this.maxSize = maxSize;
		}

		public Duration getTimeout() {
			return this.timeout;
		}

		public void setTimeout(Duration timeout) {
			this.timeout = Limits.notNegative(timeout);
		}

	}

	/**
	 * How the running instance starts its successor itself.
	 */
	public static class Spawn {

		/**
		 * Whether the running instance starts its successor itself, upon 'POST
		 * /actuator/upgrade' or SIGHUP, if none waits.
		 */
		private boolean enabled;

		/**
		 * Program to start and its arguments, one by one: there is no shell. Defaults to
		 * the command line of the running instance with --upgrade.
		 */
		private List<String> command = new ArrayList<>();

		/**
		 * File that the successor's output is appended to. By default it goes where that
		 * of the running instance does.
		 */
		private @Nullable Path log;

		/**
		 * How long a successor that was started may take until it waits to be handed over
		 * to; then it is ended.
		 */
		private Duration timeout = Duration.ofMinutes(2);

		public boolean isEnabled() {
			return this.enabled;
		}

		public void setEnabled(boolean enabled) {
			this.enabled = enabled;
		}

		public List<String> getCommand() {
			return this.command;
		}

		public void setCommand(List<String> command) {
			this.command = command;
		}

		public @Nullable Path getLog() {
			return this.log;
		}

		public void setLog(@Nullable Path log) {
			this.log = log;
		}

		public Duration getTimeout() {
			return this.timeout;
		}

		public void setTimeout(Duration timeout) {
			this.timeout = Limits.notNegative(timeout);
		}

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
		AUTO,

		/**
		 * It only tries whether it could, says what it found, and exits with 0 or 1.
		 */
		TEST

	}

}
