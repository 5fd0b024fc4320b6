package io.github.gracefulupgrade.autoconfigure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.UpgradeContributor;
import io.github.gracefulupgrade.handover.Exit;
import io.github.gracefulupgrade.handover.ExecutorControlThread;
import io.github.gracefulupgrade.handover.Handover;
import io.github.gracefulupgrade.handover.Journal;
import io.github.gracefulupgrade.handover.Mode;
import io.github.gracefulupgrade.handover.Ports;
import io.github.gracefulupgrade.handover.Settings;
import io.github.gracefulupgrade.handover.UpgradeException;
import io.github.gracefulupgrade.netty.ConnectionTracker;
import io.github.gracefulupgrade.netty.StatelessHandlers;
import io.github.gracefulupgrade.netty.UpgradableListeners;
import io.github.gracefulupgrade.netty.UpgradableServers;
import io.github.gracefulupgrade.signal.Priority;
import io.github.gracefulupgrade.spawn.ProcessSpawner;
import io.github.gracefulupgrade.wire.Descriptors;
import io.github.gracefulupgrade.wire.FileOwnershipLock;
import io.github.gracefulupgrade.wire.UnixUpgradeSocket;
import org.jspecify.annotations.Nullable;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.boot.web.server.WebServer;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.util.unit.DataSize;

/**
 * One of the two instances of a {@link MiniatureHandover}: all that {@link UpgradeParts}
 * has, around a web server with nothing in it and an application that is empty.
 */
final class MiniatureInstance implements AutoCloseable {

	/**
	 * Nothing of it takes long. The longest wait is for an answer of the other instance.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(3);

	/**
	 * How long both accept: long enough on a machine that is busy, too.
	 */
	private static final Duration OVERLAP = Duration.ofMillis(300);

	private final ExecutorControlThread control = new ExecutorControlThread((ex) -> {
	});

	private final Journal journal = new Silence();

	private final MiniatureApplication application = new MiniatureApplication();

	private final ConnectionTracker connections = new ConnectionTracker(Descriptors::duplicate, Duration.ZERO,
			StatelessHandlers.all());

	private final UpgradableListeners listeners = new UpgradableListeners(this.journal, this.connections, false);

	private final CompletableFuture<Void> left = new CompletableFuture<>();

	private final LoopResources loops;

	private final UnixUpgradeSocket socket;

	private final FileOwnershipLock lock;

	private final AtomicPidFile pidFile;

	private final BackgroundWork background;

	private final Contributions contributions;

	private final PhaseEvents events;

	private final ProcessSpawner spawner;

	private final Handover handover;

	private final Server server = new Server();

	/**
	 * Put an instance together.
	 * @param folder a folder that both instances share with nobody else
	 * @param pid a number to tell it from the other one
	 * @param loops the event loops of its server
	 */
	MiniatureInstance(Path folder, long pid, LoopResources loops) {
		this.loops = loops;
		Path path = folder.resolve("s");
		this.socket = new UnixUpgradeSocket(path, new LateEvents(this::handover));
		this.lock = new FileOwnershipLock(path);
		this.pidFile = new AtomicPidFile(folder.resolve("pid"), pid, this.journal);
		this.background = new BackgroundWork(this.application.context().getBeanFactory(), PATIENCE);
		this.contributions = new Contributions(() -> List.of(new Keepsake()), PATIENCE, DataSize.ofKilobytes(1),
				this.journal);
		this.events = new PhaseEvents(this.application.context());
		this.spawner = new ProcessSpawner(false, List.of(), null, PATIENCE);
		Settings settings = new Settings(path.toString(), "rehearsal", pid, PATIENCE, PATIENCE, PATIENCE, OVERLAP,
				PATIENCE);
		this.handover = new Handover(
				new Ports(this.control, this.lock, this.socket, this.listeners, this.connections, this.background,
						new OwnOutput(this.contributions), this.pidFile, new End(), this.journal, this.spawner),
				settings, this.events::changed);
	}

	/**
	 * Go all the way of a start, as the application's main thread does.
	 * @param mode what this instance is
	 * @throws InterruptedException if there is no time left
	 */
	void start(Mode mode) throws InterruptedException {
		if (mode != Mode.COLD) {
			this.listeners.shut();
		}
		this.handover.prepare(mode);
		this.application.run(() -> UpgradeRuntime.step(() -> {
			this.handover.awaitListeners();
			this.contributions.deliver();
		}), this.server, () -> UpgradeRuntime.step(this.handover::awaitOwnership),
				() -> UpgradeRuntime.step(this.handover::serve));
	}

	/**
	 * How many more connections this process can have descriptors for.
	 */
	int room() {
		return this.connections.room();
	}

	int port() {
		return this.server.getPort();
	}

	/**
	 * What SIGQUIT does.
	 */
	void trigger() {
		this.handover.signalled();
	}

	/**
	 * The end of an incumbent that handed over.
	 * @return completes when it has drained
	 */
	CompletableFuture<Void> left() {
		return this.left;
	}

	@Override
	public void close() {
		this.handover.abandon("the rehearsal is over");
		try {
			this.application.exit();
		}
		finally {
			this.spawner.close();
			this.background.close();
			this.contributions.close();
			this.events.close();
			CompletableFuture.runAsync(this::release, this.control::execute)
				.completeOnTimeout(null, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
				.exceptionally((ex) -> null)
				.join();
			this.control.close();
		}
	}

	private void release() {
		this.pidFile.remove();
		this.socket.close();
		this.lock.close();
	}

	private Handover handover() {
		return this.handover;
	}

	/**
	 * All that it has to hand over.
	 */
	private static final class Keepsake implements UpgradeContributor {

		@Override
		public String getName() {
			return "keepsake";
		}

		@Override
		public void contribute(Contribution contribution) throws IOException {
			contribution.state("state").write(1);
		}

		@Override
		public void receive(Inheritance inheritance) {
			inheritance.state("state");
		}

	}

	/**
	 * A web server as Boot's own, which would log that it started.
	 */
	private final class Server implements WebServer {

		private volatile @Nullable DisposableServer server;

		@Override
		public void start() {
			this.server = new UpgradableServers(MiniatureInstance.this.listeners, MiniatureInstance.this.connections,
					true)
				.apply("server", () -> MiniatureInstance.this.loops,
						HttpServer.create()
							.bindAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
							.handle(new ReactorHttpHandlerAdapter(MiniatureApplication.nothing())))
				.bindNow(PATIENCE);
		}

		@Override
		public void stop() {
			DisposableServer server = this.server;
			try {
				if (server != null) {
					server.disposeNow(PATIENCE);
				}
			}
			catch (RuntimeException ex) {
				// It takes longer, and goes with its event loops.
			}
		}

		@Override
		public int getPort() {
			DisposableServer server = this.server;
			return (server != null) ? server.port() : -1;
		}

	}

	/**
	 * Nobody follows a rehearsal.
	 */
	private static final class Silence implements Journal {

		@Override
		public void info(String line) {
		}

		@Override
		public void warn(String line) {
		}

	}

	/**
	 * It has no process of its own that could end.
	 */
	private final class End implements Exit {

		@Override
		public void prepare() {
			Priority.load();
		}

		@Override
		public void cancel() {
		}

		@Override
		public void leave() {
			MiniatureInstance.this.left.complete(null);
		}

		@Override
		public void abort(UpgradeException failure) {
			MiniatureInstance.this.left.completeExceptionally(failure);
		}

	}

}
