package io.github.gracefulupgrade.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.gracefulupgrade.UpgradeContributor;
import io.github.gracefulupgrade.autoconfigure.GracefulUpgradeProperties.Upgrade;
import io.github.gracefulupgrade.handover.ExecutorControlThread;
import io.github.gracefulupgrade.handover.Handover;
import io.github.gracefulupgrade.handover.Mode;
import io.github.gracefulupgrade.handover.Ports;
import io.github.gracefulupgrade.handover.Settings;
import io.github.gracefulupgrade.handover.Snapshot;
import io.github.gracefulupgrade.handover.UpgradeException;
import io.github.gracefulupgrade.netty.ConnectionTracker;
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
import reactor.netty.resources.LoopResources;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.context.event.ApplicationFailedEvent;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * One application's graceful upgrade, put together: makes the parts, and passes what
 * happens in the life of the application context on to the {@link Handover}.
 * <p>
 * The life of a start is the chain {@link #prepare} (the first web server is created,
 * long before it starts) → {@link #beforeWebServers} → {@link #afterWebServers} →
 * {@link #ready}, all on the main thread.
 */
final class UpgradeRuntime implements DisposableBean {

	private static final Log logger = LogFactory.getLog(UpgradeRuntime.class);

	private static final Duration TIME_TO_GIVE_A_REASON = Duration.ofSeconds(1);

	private final ConfigurableApplicationContext context;

	private final GracefulUpgradeProperties properties;

	private final Settings settings;

	/**
	 * The name of the bean.
	 */
	static final String BEAN = "gracefulUpgradeRuntime";

	private final LogJournal journal = new LogJournal();

	private final ExecutorControlThread control = new ExecutorControlThread(
			(ex) -> logger.error("A step of an upgrade failed unexpectedly", ex));

	private final ConnectionTracker connections;

	private final UpgradableListeners listeners;

	private final UpgradableServers servers;

	private final UnixUpgradeSocket socket;

	private final FileOwnershipLock lock;

	private final AtomicPidFile pidFile;

	private final BackgroundWork background;

	private final Contributions contributions;

	private final PhaseEvents events;

	private final ProcessSpawner spawner;

	/**
	 * Who started this process and wants to be told, or {@code null}.
	 */
	private final @Nullable ServiceManager serviceManager;

	private final Handover handover;

	private final UpgradeSignals signals;

	private final Preparation preparation;

	private final WarmUp warmUp;

	private final SocketActivation activation;

	private final ContextClose close;

	/**
	 * How far the start has come. Main thread; {@link State#INERT} may also be set by
	 * whoever closes the context.
	 */
	private volatile State state = State.NEW;

	/**
	 * Put an application's upgrade together. Nothing happens yet.
	 * @param path the upgrade socket's path
	 * @param properties the configuration
	 * @param warmUp the configuration of the warm-up
	 * @param timeoutPerShutdownPhase Spring's own limit
	 * @param context the application
	 * @param beforeExit run before an incumbent that handed over closes the context
	 */
	UpgradeRuntime(Path path, GracefulUpgradeProperties properties, WarmUpProperties warmUp,
			Duration timeoutPerShutdownPhase, ConfigurableApplicationContext context, Runnable beforeExit) {
		this.context = context;
		this.properties = properties;
		GracefulUpgradeProperties.Ramp ramp = properties.getRamp();
		this.connections = new ConnectionTracker(Descriptors::duplicate, ramp.getConnectionsOver());
		this.listeners = new UpgradableListeners(this.journal, this.connections, ramp.isEnabled());
		this.servers = new UpgradableServers(this.listeners, this.connections, properties.isConnectionHandover());
		long pid = ProcessHandle.current().pid();
		Duration gracePeriod = properties.getGracePeriod();
		this.socket = new UnixUpgradeSocket(path, new LateEvents(this::handover));
		this.lock = new FileOwnershipLock(this.socket.getPath());
		this.settings = new Settings(this.socket.getPath().toString(),
				context.getEnvironment().getProperty("spring.application.name", "application"), pid,
				properties.getConnectTimeout(), properties.getTriggerWindow(), properties.getReadyTimeout(),
				properties.getCloseTimeout(), (gracePeriod != null) ? gracePeriod : timeoutPerShutdownPhase);
		this.pidFile = new AtomicPidFile(properties.getPidFile(), pid, this.journal);
		this.background = new BackgroundWork(context.getBeanFactory(), timeoutPerShutdownPhase);
		this.contributions = new Contributions(
				() -> context.getBeanProvider(UpgradeContributor.class).orderedStream().toList(),
				properties.getState().getTimeout(), properties.getState().getMaxSize(), this.journal);
		this.events = new PhaseEvents(context);
		this.serviceManager = ServiceManager
			.in(System.getenv(), pid, UnixDatagrams::send, this::isAlive, this.journal::warn)
			.orElse(null);
		GracefulUpgradeProperties.Spawn spawn = properties.getSpawn();
		this.spawner = new ProcessSpawner(spawn.isEnabled(), spawn.getCommand(), spawn.getLog(), spawn.getTimeout());
		this.handover = new Handover(new Ports(this.control, this.lock, this.socket, this.listeners, this.connections,
				this.background, new OwnOutput(this.contributions), this.pidFile,
				new ApplicationExit(context, beforeExit), this.journal, this.spawner), this.settings, this::changed);
		this.signals = new UpgradeSignals(this.handover, spawn.isEnabled());
		this.preparation = new Preparation(this.control, properties.isRehearsal());
		this.warmUp = new WarmUp(context, warmUp, this.journal, pid);
		this.activation = new SocketActivation(System.getenv(), pid, this.listeners);
		this.close = new ContextClose(this.handover, this.settings, this.listeners, this.connections, this.journal);
		// Not a bean: beans are destroyed when a failure is told.
		context.addApplicationListener((ApplicationListener<ApplicationFailedEvent>) (event) -> {
			if (event.getApplicationContext() == context) {
				startFailed(event.getException());
			}
		});
	}

	/**
	 * The one of an application. By its name: by its type, every bean definition would be
	 * asked for its own, on the way to the first request of a successor.
	 */
	static @Nullable UpgradeRuntime in(BeanFactory beans) {
		return beans.containsBean(BEAN) ? beans.getBean(BEAN, UpgradeRuntime.class) : null;
	}

	private void changed(Snapshot snapshot) {
		if (this.serviceManager != null) {
			this.serviceManager.changed(snapshot);
		}
		this.events.changed(snapshot);
		this.preparation.changed(snapshot);
	}

	/**
	 * Whether the application does not say that it is broken.
	 */
	private boolean isAlive() {
		ApplicationAvailability availability = this.context.getBeanProvider(ApplicationAvailability.class)
			.getIfAvailable();
		return availability == null || availability.getLivenessState() != LivenessState.BROKEN;
	}

	// --- the start, on the main thread

	/**
	 * A web server is created. The first one decides what this instance is, before the
	 * beans of the application are: whoever cannot start as what it was asked to be finds
	 * out before it has touched a database.
	 * @return whether upgrades are possible here
	 */
	boolean prepare() {
		if (this.state == State.NEW) {
			this.state = decide();
		}
		return this.state != State.INERT;
	}

	private State decide() {
		Optional<String> obstacle = Platform.obstacle();
		if (obstacle.isPresent()) {
			return unsupported(obstacle.get());
		}
		Mode mode = switch (this.properties.getUpgrade()) {
			case FALSE -> Mode.COLD;
			case TRUE -> Mode.SUCCESSOR;
			case AUTO -> Mode.AUTO;
			case TEST -> Mode.TEST;
		};
		if (mode != Mode.COLD) {
			this.listeners.shut();
		}
		step(() -> this.handover.prepare(mode));
		if (this.socket.sharedFolder()) {
			this.journal.info(("%s lies in a folder where other users can create files; a folder of the application's"
					+ " own, such as /run/<application>, keeps them from taking the name")
				.formatted(this.socket.getPath()));
		}
		return State.PREPARED;
	}

	/**
	 * Before the first web server starts, and after the event loops exist.
	 */
	void beforeWebServers(Supplier<LoopResources> loops) {
		if (this.state == State.SERVING) {
			// The context was stopped, with a drain, and is started again.
			CompletableFuture.runAsync(this.connections::cancelDrain, this.control::execute).join();
		}
		if (this.state == State.NEW) {
			// The context of a test, which has no server at all, or it is another server.
			this.state = hasWebServer() ? unsupported("its web server is not Reactor Netty") : State.INERT;
		}
		if (this.state != State.PREPARED) {
			return;
		}
		Optional<String> obstacle = UpgradableServers.unsupported(loops.get());
		if (obstacle.isPresent()) {
			this.handover.abandon(obstacle.get());
			this.listeners.open();
			this.state = unsupported(obstacle.get());
			return;
		}
		if (this.handover.isWelcome()) {
			this.signals.listen();
			step(() -> {
				this.preparation.rehearse(this.context);
				// The warm-up last: a class that is loaded later may undo what was
				// compiled.
				this.warmUp.run(loops, this.preparation::rehearseAgain);
				this.contributions.prepare();
			});
		}
		step(this.handover::awaitListeners);
		this.contributions.deliver();
		if (this.handover.isCold() && this.properties.getUpgrade() != Upgrade.TEST) {
			this.activation.offer();
		}
	}

	private boolean hasWebServer() {
		return this.context instanceof WebServerApplicationContext server && server.getWebServer() != null;
	}

	/**
	 * After the last web server started, before anything that does work on its own.
	 */
	void afterWebServers() {
		if (this.state != State.PREPARED) {
			return;
		}
		this.activation.requireAllTaken();
		step(this.handover::awaitOwnership);
		if (this.properties.getUpgrade() == Upgrade.TEST) {
			throw new UpgradeTestPassed();
		}
	}

	/**
	 * The application is ready for traffic, and everybody who wanted to object has been
	 * heard.
	 */
	void ready() {
		if (this.state == State.PREPARED) {
			// Before anybody hears that there is something to signal to; and, in a cold
			// start, after the first request can have been answered.
			this.signals.listen();
			step(this.handover::serve);
			this.state = State.SERVING;
		}
		else if (this.state == State.INERT && this.serviceManager != null) {
			this.serviceManager.readyWithoutUpgrades();
		}
	}

	private State unsupported(String obstacle) {
		if (this.properties.getUpgrade() == Upgrade.TRUE || this.properties.getUpgrade() == Upgrade.TEST) {
			throw new UpgradeException("This instance cannot take over from another one: " + obstacle,
					"Remove the obstacle, or start without --upgrade.");
		}
		logger.warn("Graceful upgrades are off, although pingora.upgrade-sock is set: " + obstacle);
		return State.INERT;
	}

	static void step(Step step) {
		try {
			step.run();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new UpgradeException("The application is shut down before it could start",
					"Nothing: this is what SIGTERM does to an instance that waits.", ex);
		}
	}

	// --- the end

	/**
	 * The start failed, and this is why. Comes after {@link #destroy} if the context
	 * could not be refreshed.
	 */
	private void startFailed(Throwable failure) {
		this.handover.abandon("its start failed: " + failure);
		this.control.execute(this::release);
	}

	/**
	 * The context begins to close.
	 */
	void closing() {
		// Also while the application starts: what is closed must not begin to serve, and
		// say GOODBYE to the predecessor, in the meantime.
		if (this.state == State.SERVING || this.state == State.PREPARED) {
			this.close.letHandoverFinish();
		}
	}

	/**
	 * Everything that works on its own account has stopped, in a context that closes: the
	 * listeners close, the next instance may come, and what is in flight finishes.
	 */
	void stopAccepting(boolean graceful) {
		if (this.state == State.INERT || this.state == State.NEW) {
			return;
		}
		this.close.closeListeners();
		if (this.state != State.SERVING) {
			return; // its start failed, and what it had has been given back
		}
		this.close.release();
		if (graceful) {
			this.close.drain();
		}
	}

	@Override
	public void destroy() {
		boolean started = (this.state == State.SERVING);
		this.state = State.INERT;
		this.signals.close();
		this.spawner.close();
		this.background.close();
		this.contributions.close();
		this.events.close();
		if (this.serviceManager != null) {
			this.serviceManager.close();
		}
		if (started) {
			this.control.execute(this::release);
		}
		else {
			// This may be the end of the process, so nothing stays behind meanwhile.
			this.control.execute(this.socket::retire);
			// Spring tells the reason only after it has destroyed the beans, and the
			// incumbent's operator wants to read it.
			this.control.after(TIME_TO_GIVE_A_REASON, () -> {
				this.handover.abandon("its start failed; see its log");
				this.control.execute(this::release);
			});
		}
	}

	private void release() {
		this.pidFile.remove();
		this.socket.close();
		this.lock.close();
		this.control.close();
	}

	// --- for the facade

	Handover handover() {
		return this.handover;
	}

	Settings settings() {
		return this.settings;
	}

	WarmUp warmUp() {
		return this.warmUp;
	}

	UpgradableServers servers() {
		return this.servers;
	}

	UpgradableListeners listeners() {
		return this.listeners;
	}

	ConnectionTracker connections() {
		return this.connections;
	}

	/**
	 * How far a start has come.
	 */
	private enum State {

		/**
		 * No web server so far.
		 */
		NEW,

		/**
		 * There is nothing to hand over here, or the context is closed.
		 */
		INERT,

		/**
		 * Holds the lock, or is connected to an incumbent.
		 */
		PREPARED,

		/**
		 * Accepts.
		 */
		SERVING

	}

	/**
	 * A step of the start that may be interrupted.
	 */
	interface Step {

		void run() throws InterruptedException;

	}

}
