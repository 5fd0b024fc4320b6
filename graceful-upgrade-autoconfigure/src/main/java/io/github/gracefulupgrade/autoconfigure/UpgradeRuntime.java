package io.github.gracefulupgrade.autoconfigure;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.gracefulupgrade.autoconfigure.GracefulUpgradeProperties.Upgrade;
import io.github.gracefulupgrade.handover.Handover;
import io.github.gracefulupgrade.handover.Mode;
import io.github.gracefulupgrade.handover.UpgradeException;
import io.github.gracefulupgrade.netty.UpgradableServers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.netty.resources.LoopResources;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.context.event.ApplicationFailedEvent;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The life of an application as its graceful upgrade sees it: passes what happens to the
 * application context on to the {@link UpgradeParts}, to the {@link Handover} above all.
 * <p>
 * The life of a start is the chain {@link #prepare} (the first web server is created,
 * long before it starts) → {@link #beforeWebServers} → {@link #afterWebServers} →
 * {@link #ready}, all on the main thread.
 */
final class UpgradeRuntime implements DisposableBean {

	private static final Log logger = LogFactory.getLog(UpgradeRuntime.class);

	/**
	 * The name of the bean.
	 */
	static final String BEAN = "gracefulUpgradeRuntime";

	private final ConfigurableApplicationContext context;

	private final Upgrade mode;

	private final UpgradeParts parts;

	private final UpgradeEnd end;

	/**
	 * How far the start has come. Main thread; {@link State#INERT} may also be set by
	 * whoever closes the context.
	 */
	private volatile State state = State.NEW;

	/**
	 * The event loops of the application, while the web servers are still to be waited
	 * for. Main thread only.
	 */
	private @Nullable Supplier<LoopResources> loops;

	/**
	 * Why upgrades are not possible here. Written by the main thread.
	 */
	private volatile @Nullable String obstacle;

	/**
	 * Create the upgrade of an application that has not begun to start.
	 * @param context the application
	 * @param mode what this instance was asked to be
	 * @param parts what does the work
	 */
	UpgradeRuntime(ConfigurableApplicationContext context, Upgrade mode, UpgradeParts parts) {
		this.context = context;
		this.mode = mode;
		this.parts = parts;
		this.end = new UpgradeEnd(parts);
		// Not a bean: of a context that could not be refreshed they are destroyed by
		// then.
		context.addApplicationListener((ApplicationListener<ApplicationFailedEvent>) (event) -> {
			if (event.getApplicationContext() == context) {
				this.end.startFailed(event.getException());
			}
		});
	}

	/**
	 * The one whose servers these beans may be. By its name: by its type, every bean
	 * definition would be asked for its own, on the way to the first request of a
	 * successor.
	 */
	static @Nullable UpgradeRuntime in(BeanFactory beans) {
		return beans.containsBean(BEAN) ? beans.getBean(BEAN, UpgradeRuntime.class) : null;
	}

	/**
	 * The one of this very application. What becomes of a child of it, which may be
	 * started long before it is ready itself, says nothing about it.
	 */
	static @Nullable UpgradeRuntime of(ConfigurableApplicationContext context) {
		return context.containsLocalBean(BEAN) ? in(context) : null;
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
		if (Platform.isTrainingRun()) {
			return State.INERT;
		}
		Optional<String> obstacle = Platform.obstacle();
		if (obstacle.isPresent()) {
			return unsupported(obstacle.get());
		}
		Mode mode = switch (this.mode) {
			case FALSE -> Mode.COLD;
			case TRUE -> Mode.SUCCESSOR;
			case AUTO -> Mode.AUTO;
			case TEST -> Mode.TEST;
		};
		if (mode != Mode.COLD) {
			this.parts.listeners().shut();
		}
		step(() -> this.parts.handover().prepare(mode));
		if (this.parts.socket().sharedFolder()) {
			this.parts.journal()
				.info(("%s lies in a folder where other users can create files; a folder of the application's"
						+ " own, such as /run/<application>, keeps them from taking the name")
					.formatted(this.parts.socket().getPath()));
		}
		LivingApplications.add(this.context);
		return State.PREPARED;
	}

	/**
	 * Before the first web server starts, and after the event loops exist.
	 */
	void beforeWebServers(Supplier<LoopResources> loops) {
		if (this.state == State.SERVING) {
			// The context was stopped, with a drain, and is started again.
			CompletableFuture.runAsync(this.parts.connections()::cancelDrain, this.parts.control()::execute).join();
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
			// What is abandoned here is no part of the application's life.
			this.parts.events().close();
			this.parts.handover().abandon(obstacle.get());
			this.parts.listeners().open();
			this.state = unsupported(obstacle.get());
			return;
		}
		this.parts.signals().listen();
		this.loops = loops;
		if (this.parts.handover().isWelcome()) {
			// Its own gate is the first then, and comes to beforeManagementServer().
			this.parts.preparation().buildManagementServer(this.context);
		}
		awaitListeners(this.context);
	}

	/**
	 * Before a management server starts that has a context of its own: in a successor
	 * that is before the other web servers, else after them.
	 */
	void beforeManagementServer(ConfigurableApplicationContext management) {
		awaitListeners(this.context, management);
	}

	private void awaitListeners(ConfigurableApplicationContext... built) {
		Supplier<LoopResources> loops = this.loops;
		if (loops == null) {
			return; // it has waited, or has nothing to wait for
		}
		this.loops = null;
		if (this.parts.handover().isWelcome()) {
			step(() -> {
				this.parts.preparation().rehearse(built);
				// The warm-up last: a class that is loaded later may undo what was
				// compiled.
				this.parts.warmUp().run(loops, this.parts.preparation()::rehearseAgain);
				this.parts.contributions().prepare();
			});
		}
		else if (this.mode == Upgrade.TEST) {
			// It fails starts, so it is to be tried, too.
			step(() -> this.parts.warmUp().run(loops, () -> {
			}));
		}
		step(this.parts.handover()::awaitListeners);
		this.parts.contributions().deliver();
		if (this.parts.handover().isCold() && this.mode != Upgrade.TEST) {
			// As in any start: a runner may ask a server of its own application.
			this.parts.listeners().open();
			this.parts.activation().offer();
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
		this.parts.activation().requireAllTaken();
		// Here and in ready() without step(): a lambda is linked when it is first used,
		// and a handover waits for it.
		try {
			this.parts.handover().awaitOwnership();
		}
		catch (InterruptedException ex) {
			throw interrupted(ex);
		}
		if (this.mode == Upgrade.TEST) {
			throw new UpgradeTestPassed();
		}
	}

	/**
	 * The application is ready for traffic, and everybody who wanted to object has been
	 * heard.
	 */
	void ready() {
		if (this.state == State.PREPARED) {
			try {
				// Before anybody hears that there is something to signal to.
				this.parts.signals().awaitListening();
				this.parts.handover().serve();
			}
			catch (InterruptedException ex) {
				throw interrupted(ex);
			}
			this.state = State.SERVING;
		}
		else if (this.state == State.INERT) {
			this.parts.readyWithoutUpgrades();
		}
	}

	private State unsupported(String obstacle) {
		LivingApplications.remove(this.context);
		if (this.mode == Upgrade.TRUE || this.mode == Upgrade.TEST) {
			throw new UpgradeException("This instance cannot take over from another one: " + obstacle,
					"Remove the obstacle, or start without --upgrade.");
		}
		this.obstacle = obstacle;
		logger.warn("Graceful upgrades are off, although pingora.upgrade-sock is set: " + obstacle);
		return State.INERT;
	}

	static void step(Step step) {
		try {
			step.run();
		}
		catch (InterruptedException ex) {
			throw interrupted(ex);
		}
	}

	private static UpgradeException interrupted(InterruptedException ex) {
		Thread.currentThread().interrupt();
		return new UpgradeException("The application is shut down before it could start",
				"Nothing: this is what SIGTERM does to an instance that waits.", ex);
	}

	// --- the end

	/**
	 * The start failed at its very end, for this reason.
	 */
	void readyFailed(Throwable failure) {
		if (this.state == State.PREPARED) {
			this.end.startFailed(failure);
		}
	}

	/**
	 * The context begins to close.
	 */
	void closing() {
		// Also while the application starts: what is closed must not begin to serve, and
		// say GOODBYE to the predecessor, in the meantime.
		if (this.state == State.SERVING || this.state == State.PREPARED) {
			this.parts.close().letHandoverFinish();
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
		this.parts.close().closeListeners();
		if (this.state != State.SERVING) {
			return; // its start failed, and what it had has been given back
		}
		this.parts.close().release();
		if (graceful) {
			this.parts.close().drain();
		}
	}

	@Override
	public void destroy() {
		LivingApplications.remove(this.context);
		boolean served = (this.state == State.SERVING);
		this.state = State.INERT;
		this.end.destroyed(served);
	}

	/**
	 * Why upgrades are not possible here, or {@code null} if they are, or nobody knows so
	 * far. May be called from any thread.
	 */
	@Nullable String obstacle() {
		return this.obstacle;
	}

	/**
	 * What does the work, for the facade and the servers.
	 */
	UpgradeParts parts() {
		return this.parts;
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
