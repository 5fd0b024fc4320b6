package io.github.gracefulupgrade.netty;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import io.github.gracefulupgrade.handover.Connections.Drained;
import io.github.gracefulupgrade.handover.Connections.Established;
import io.github.gracefulupgrade.handover.Connections.Plan;
import io.github.gracefulupgrade.handover.Journal;
import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.wire.Descriptors;
import io.netty.util.concurrent.EventExecutor;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * What this package makes of a process, without the process: several of them live in this
 * JVM, and hand descriptors to each other as a socket would, by duplicates.
 */
final class SimulatedProcess implements AutoCloseable {

	static final Journal SILENT = new Journal() {

		@Override
		public void info(String line) {
		}

		@Override
		public void warn(String line) {
		}

	};

	private final LoopResources loops;

	private final Duration connectionsOver;

	private final ConnectionTracker connections;

	private final UpgradableListeners listeners;

	private final DisposableServer server;

	private final ExchangeStates states;

	private SimulatedProcess(List<Message.Listener> inherited, Duration connectionsOver, ExchangeStates states,
			UnaryOperator<HttpServer> application) {
		this.connectionsOver = connectionsOver;
		this.states = states;
		this.connections = new ConnectionTracker(Descriptors::duplicate, connectionsOver,
				StatelessHandlers.and(List.of()), states);
		this.listeners = new UpgradableListeners(SILENT, this.connections, true);
		this.loops = LoopResources.create("process", 2, true);
		if (!inherited.isEmpty()) {
			this.listeners.shut();
			this.listeners.inherit(inherited);
		}
		HttpServer http = application.apply(HttpServer.create().host("127.0.0.1").port(0));
		this.server = new UpgradableServers(this.listeners, this.connections, true)
			.apply("server", () -> this.loops, http)
			.bindNow();
	}

	/**
	 * Start one on a port of its own.
	 */
	static SimulatedProcess cold(UnaryOperator<HttpServer> application) {
		return gradual(application, Duration.ZERO);
	}

	/**
	 * Start one on a port of its own that hands connections over one after the other, and
	 * so do its successors.
	 */
	static SimulatedProcess gradual(UnaryOperator<HttpServer> application, Duration connectionsOver) {
		return cold(application, connectionsOver, ExchangeStates.ofThisVersion());
	}

	/**
	 * Start one on a port of its own that knows, or does not know, how to ask a
	 * connection for its state; nor do its successors.
	 */
	static SimulatedProcess cold(UnaryOperator<HttpServer> application, Duration connectionsOver,
			ExchangeStates states) {
		return new SimulatedProcess(List.of(), connectionsOver, states, application);
	}

	/**
	 * Start a successor, which does not accept yet.
	 */
	SimulatedProcess successor(UnaryOperator<HttpServer> application) {
		List<Message.Listener> offered = new ArrayList<>();
		for (Message.Listener listener : this.listeners.current()) {
			offered.add(new Message.Listener(listener.name(), listener.requested(), listener.bound(),
					Descriptors.duplicate(listener.descriptor().number())));
		}
		return new SimulatedProcess(offered, this.connectionsOver, this.states, application);
	}

	InetSocketAddress address() {
		return (InetSocketAddress) this.server.address();
	}

	ConnectionTracker connections() {
		return this.connections;
	}

	UpgradableListeners listeners() {
		return this.listeners;
	}

	Set<String> movable() {
		return this.listeners.movable();
	}

	/**
	 * Stop accepting and drain into another process, which accepts from now on.
	 */
	CompletableFuture<Drained> drainInto(SimulatedProcess successor, Duration grace) {
		return drainInto(successor, grace, successor.connections::adopt);
	}

	CompletableFuture<Drained> drainInto(SimulatedProcess successor, Duration grace, Consumer<Established> mover) {
		this.listeners.pause(List.of("server"));
		successor.listeners.open();
		return drain(new Plan(grace, false, successor.movable(), mover));
	}

	CompletableFuture<Drained> drain(Plan plan) {
		CompletableFuture<Drained> done = new CompletableFuture<>();
		this.connections.drain(plan, done::complete);
		return done;
	}

	/**
	 * Keep all event loops busy: nothing is read or accepted until the latch is counted
	 * down, or half a minute has passed.
	 */
	CountDownLatch keepBusy() {
		CountDownLatch over = new CountDownLatch(1);
		List<CompletableFuture<Void>> busy = new ArrayList<>();
		for (EventExecutor loop : this.loops.onServer(true)) {
			CompletableFuture<Void> begun = new CompletableFuture<>();
			busy.add(begun);
			loop.execute(() -> {
				begun.complete(null);
				try {
					over.await(30, TimeUnit.SECONDS);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			});
		}
		busy.forEach(SimulatedProcess::get);
		return over;
	}

	@Override
	public void close() {
		this.server.disposeNow(Duration.ofSeconds(5));
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	static <T> T get(CompletableFuture<T> future) {
		try {
			return future.get(60, TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new AssertionError(ex);
		}
	}

}
