package io.github.gracefulupgrade.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

import io.github.gracefulupgrade.UpgradeContributor;
import io.github.gracefulupgrade.handover.ExecutorControlThread;
import io.github.gracefulupgrade.handover.Handover;
import io.github.gracefulupgrade.handover.Ports;
import io.github.gracefulupgrade.handover.Settings;
import io.github.gracefulupgrade.netty.ConnectionTracker;
import io.github.gracefulupgrade.netty.StatelessHandlers;
import io.github.gracefulupgrade.netty.UpgradableListeners;
import io.github.gracefulupgrade.netty.UpgradableServers;
import io.github.gracefulupgrade.spawn.ProcessSpawner;
import io.github.gracefulupgrade.systemd.ServiceManager;
import io.github.gracefulupgrade.wire.Descriptors;
import io.github.gracefulupgrade.wire.FileOwnershipLock;
import io.github.gracefulupgrade.wire.UnixDatagrams;
import io.github.gracefulupgrade.wire.UnixUpgradeSocket;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * What one application's graceful upgrade consists of: each package's part, and who of
 * them knows whom. What happens to them in the life of the application is the
 * {@link UpgradeRuntime}'s.
 *
 * @param settings how long is waited for what
 * @param journal the application's log
 * @param control the thread that all decisions are made on
 * @param connections the connections of its servers
 * @param listeners the listeners of its servers
 * @param servers makes servers upgradable
 * @param socket the upgrade socket
 * @param lock says who owns the path
 * @param pidFile names the instance that serves
 * @param contributions what the application hands over of its own
 * @param background what the application does besides requests
 * @param events tells the application of every change
 * @param spawner starts successors
 * @param serviceManager who started this process and wants to be told, or {@code null}
 * @param handover what decides
 * @param signals what triggers it
 * @param preparation when it is rehearsed
 * @param warmUp what a successor does before it waits
 * @param activation the listeners that the service manager has opened
 * @param close what becomes of clients when the application closes
 */
record UpgradeParts(Settings settings, LogJournal journal, ExecutorControlThread control, ConnectionTracker connections,
		UpgradableListeners listeners, UpgradableServers servers, UnixUpgradeSocket socket, FileOwnershipLock lock,
		AtomicPidFile pidFile, Contributions contributions, BackgroundWork background, PhaseEvents events,
		ProcessSpawner spawner, @Nullable ServiceManager serviceManager, Handover handover, UpgradeSignals signals,
		Preparation preparation, WarmUp warmUp, SocketActivation activation, ContextClose close) {

	private static final Log logger = LogFactory.getLog(UpgradeParts.class);

	/**
	 * Put the parts together. Nothing happens yet.
	 * @param path the upgrade socket's path
	 * @param properties the configuration
	 * @param warmUpProperties the configuration of the warm-up
	 * @param timeoutPerShutdownPhase Spring's own limit
	 * @param context the application
	 * @param beforeExit run before an incumbent that handed over closes the context
	 * @return the parts
	 */
	static UpgradeParts assemble(Path path, GracefulUpgradeProperties properties, WarmUpProperties warmUpProperties,
			Duration timeoutPerShutdownPhase, ConfigurableApplicationContext context, Runnable beforeExit) {
		long pid = ProcessHandle.current().pid();
		LogJournal journal = new LogJournal();
		ExecutorControlThread control = new ExecutorControlThread(
				(ex) -> logger.error("A step of an upgrade failed unexpectedly", ex));

		GracefulUpgradeProperties.Ramp ramp = properties.getRamp();
		ConnectionTracker connections = new ConnectionTracker(Descriptors::duplicate, ramp.getConnectionsOver(),
				StatelessHandlers.and(properties.getStatelessHandlers()));
		UpgradableListeners listeners = new UpgradableListeners(journal, connections, ramp.isEnabled());
		UpgradableServers servers = new UpgradableServers(listeners, connections, properties.isConnectionHandover());

		// The socket reports to the handover, which needs the socket.
		AtomicReference<Handover> late = new AtomicReference<>();
		UnixUpgradeSocket socket = new UnixUpgradeSocket(path, new LateEvents(late::get));
		FileOwnershipLock lock = new FileOwnershipLock(socket.getPath());
		Duration gracePeriod = properties.getGracePeriod();
		Settings settings = new Settings(socket.getPath().toString(),
				context.getEnvironment().getProperty("spring.application.name", "application"), pid,
				properties.getConnectTimeout(), properties.getTriggerWindow(), properties.getReadyTimeout(),
				properties.getCloseTimeout(), (gracePeriod != null) ? gracePeriod : timeoutPerShutdownPhase);

		AtomicPidFile pidFile = new AtomicPidFile(properties.getPidFile(), pid, journal);
		BackgroundWork background = new BackgroundWork(context.getBeanFactory(), timeoutPerShutdownPhase);
		BooleanSupplier last = () -> LivingApplications.isLast(context);
		Halt halt = new Halt(background, () -> !listeners.info().isEmpty(), timeoutPerShutdownPhase, last);
		Contributions contributions = new Contributions(
				() -> context.getBeanProvider(UpgradeContributor.class).orderedStream().toList(),
				properties.getState().getTimeout(), properties.getState().getMaxSize(), journal);
		GracefulUpgradeProperties.Spawn spawn = properties.getSpawn();
		ProcessSpawner spawner = new ProcessSpawner(spawn.isEnabled(), spawn.getCommand(), spawn.getLog(),
				spawn.getTimeout());

		PhaseEvents events = new PhaseEvents(context);
		Runnable beforeClose = () -> {
			events.awaitHeard(timeoutPerShutdownPhase);
			beforeExit.run();
		};
		Preparation preparation = new Preparation(control, properties.isRehearsal());
		ServiceManager serviceManager = ServiceManager
			.in(System.getenv(), pid, UnixDatagrams::send, () -> isAlive(context), journal::warn)
			.orElse(null);
		Handover handover = new Handover(
				new Ports(control, lock, socket, listeners, connections, background, new OwnOutput(contributions),
						pidFile, new ApplicationExit(context, beforeClose, last, halt), journal, spawner),
				settings, (snapshot) -> {
					if (serviceManager != null) {
						serviceManager.changed(snapshot);
					}
					events.changed(snapshot);
					preparation.changed(snapshot);
				});
		late.set(handover);

		return new UpgradeParts(settings, journal, control, connections, listeners, servers, socket, lock, pidFile,
				contributions, background, events, spawner, serviceManager, handover,
				new UpgradeSignals(handover, spawn.isEnabled()), preparation,
				new WarmUp(context, warmUpProperties, journal, pid),
				new SocketActivation(System.getenv(), pid, listeners),
				new ContextClose(handover, settings, listeners, connections, journal));
	}

	/**
	 * Whether the application does not say that it is broken.
	 */
	private static boolean isAlive(ConfigurableApplicationContext context) {
		ApplicationAvailability availability = context.getBeanProvider(ApplicationAvailability.class).getIfAvailable();
		return availability == null || availability.getLivenessState() != LivenessState.BROKEN;
	}

	/**
	 * The application is ready, and upgrades are not possible here.
	 */
	void readyWithoutUpgrades() {
		if (this.serviceManager != null) {
			this.serviceManager.readyWithoutUpgrades();
		}
	}

	/**
	 * Begin nothing any more. The control thread goes on.
	 */
	void stop() {
		this.signals.close();
		this.spawner.close();
		this.background.close();
		this.contributions.close();
		this.events.close();
		if (this.serviceManager != null) {
			this.serviceManager.close();
		}
	}

	/**
	 * Give back the last things, the control thread included, on which this is called.
	 */
	void release() {
		this.pidFile.remove();
		this.socket.close();
		this.lock.close();
		this.control.close();
	}

}
