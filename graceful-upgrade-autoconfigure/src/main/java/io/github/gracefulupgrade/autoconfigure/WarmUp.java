package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import io.github.gracefulupgrade.UpgradeWarmUp;
import io.github.gracefulupgrade.autoconfigure.UpgradeRuntime.Step;
import io.github.gracefulupgrade.autoconfigure.WarmUpProperties.OnFailure;
import io.github.gracefulupgrade.handover.Journal;
import io.github.gracefulupgrade.handover.UpgradeException;
import io.github.gracefulupgrade.netty.ConnectionTracker;
import io.github.gracefulupgrade.netty.StatelessHandlers;
import io.github.gracefulupgrade.netty.UpgradableListeners;
import io.github.gracefulupgrade.netty.UpgradableServers;
import io.github.gracefulupgrade.warmup.RequestPlayer;
import io.github.gracefulupgrade.warmup.WarmUpFailedException;
import io.github.gracefulupgrade.warmup.WarmUpPlan;
import io.github.gracefulupgrade.warmup.WarmUpRequest;
import io.github.gracefulupgrade.warmup.WarmUpResult;
import io.github.gracefulupgrade.wire.Descriptors;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.context.ApplicationContext;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;

/**
 * The warm-up of a successor: the application's {@link UpgradeWarmUp} beans, then the
 * configured requests. Runs on a thread of its own, so that it can be given up on.
 */
final class WarmUp {

	private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(10);

	/**
	 * Into how many parts the longest warm-up is divided.
	 */
	private static final int PARTS = 4;

	/**
	 * What is shorter is not divided: what comes between two parts takes half a second.
	 */
	private static final Duration SHORTEST_PART = Duration.ofSeconds(2);

	private final ApplicationContext context;

	private final WarmUpProperties properties;

	private final Journal journal;

	private final long pid;

	/**
	 * The web server as Boot and the application made it, before anything of an upgrade.
	 * Main thread only.
	 */
	private @Nullable HttpServer server;

	WarmUp(ApplicationContext context, WarmUpProperties properties, Journal journal, long pid) {
		this.context = context;
		this.properties = properties;
		this.journal = journal;
		this.pid = pid;
	}

	/**
	 * This is the application's web server.
	 */
	void server(HttpServer server) {
		this.server = server;
	}

	/**
	 * Warm up. Called on the main thread.
	 * @param loops the event loops of the application
	 * @param between run between the parts of a long warm-up, on a thread of its own
	 * @throws UpgradeException if it failed, and the start is to fail with it
	 * @throws InterruptedException if the application is shut down meanwhile
	 */
	void run(Supplier<LoopResources> loops, Step between) throws InterruptedException {
		HttpServer server = this.server;
		CompletableFuture<Void> done = new CompletableFuture<>();
		Thread thread = new Thread(() -> {
			try {
				warmUp(server, loops, between);
				done.complete(null);
			}
			catch (Exception | Error ex) {
				done.completeExceptionally(ex);
			}
		}, "graceful-upgrade-warm-up");
		thread.setDaemon(true);
		thread.start();
		try {
			// Without a timeout here, so that a shutdown can interrupt it.
			done.orTimeout(this.properties.getTimeout().toMillis(), TimeUnit.MILLISECONDS).get();
		}
		catch (ExecutionException ex) {
			failed(ex.getCause());
		}
		finally {
			thread.interrupt();
		}
	}

	private void failed(@Nullable Throwable cause) {
		String what = (cause instanceof TimeoutException)
				? "it took longer than %s (pingora.warm-up.timeout)".formatted(this.properties.getTimeout())
				: (cause instanceof WarmUpFailedException failure) ? failure.getMessage() : String.valueOf(cause);
		if (this.properties.getOnFailure() == OnFailure.IGNORE) {
			this.journal.warn("Successor pid=%d failed to warm up, and goes on (pingora.warm-up.on-failure=ignore): %s"
				.formatted(this.pid, what));
			return;
		}
		throw new UpgradeException("The successor failed to warm up: " + what,
				"The running instance goes on. See why in this log, correct pingora.warm-up.* or the application, or set"
						+ " pingora.warm-up.on-failure=ignore to take over all the same.",
				cause);
	}

	private void warmUp(@Nullable HttpServer server, Supplier<LoopResources> loops, Step between) throws Exception {
		List<UpgradeWarmUp> beans = this.context.getBeanProvider(UpgradeWarmUp.class).orderedStream().toList();
		for (UpgradeWarmUp bean : beans) {
			bean.warmUp();
		}
		List<WarmUpRequest> requests = this.properties.getRequests().stream().map(WarmUp::request).toList();
		if (requests.isEmpty() || server == null) {
			return;
		}
		HttpHandler handler = BootHandler.around(this.context.getBean(HttpHandler.class));
		WarmUpPlan plan = new WarmUpPlan(requests, this.properties.getRounds(), this.properties.getDuration(),
				this.properties.getConcurrency(), this.properties.getPause(), RESPONSE_TIMEOUT);
		WarmUpResult result = play(server.handle(new ReactorHttpHandlerAdapter(handler)), loops, plan, () -> {
			between.run();
			for (UpgradeWarmUp bean : beans) {
				bean.between();
			}
			return null;
		});
		this.journal
			.info("Successor pid=%d warmed up with %d request(s) in %d ms; the first round took %d ms, the last %d ms"
				.formatted(this.pid, result.requests(), result.took().toMillis(), result.firstRound().toMillis(),
						result.lastRound().toMillis()));
	}

	/**
	 * In parts, each with a server of its own: to bind one and to close one is to be seen
	 * by the compiler as well, while there are requests to come that use the same code.
	 */
	private WarmUpResult play(HttpServer server, Supplier<LoopResources> loops, WarmUpPlan plan, Callable<Void> between)
			throws Exception {
		long start = System.nanoTime();
		Duration length = plan.duration().dividedBy(PARTS);
		if (length.compareTo(SHORTEST_PART) < 0) {
			length = plan.duration();
		}
		UnaryOperator<HttpServer> tracked = (configured) -> tracked(configured, loops);
		WarmUpResult result = RequestPlayer.play(server, tracked, plan.atMost(length));
		while (!rest(plan, result, start).isOver()) {
			between.call();
			WarmUpPlan rest = rest(plan, result, start);
			if (!rest.isOver()) {
				result = result.followedBy(RequestPlayer.play(server, tracked, rest.atMost(length)), since(start));
			}
		}
		return result;
	}

	private static WarmUpPlan rest(WarmUpPlan plan, WarmUpResult played, long start) {
		return plan.after(played.requests() / plan.requests().size(), since(start));
	}

	private static Duration since(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
	}

	/**
	 * As connections are tracked that can be handed over, but apart from all that are
	 * served: the compiler is to see what it will see.
	 */
	private HttpServer tracked(HttpServer configured, Supplier<LoopResources> loops) {
		ConnectionTracker tracker = new ConnectionTracker(Descriptors::duplicate, Duration.ZERO,
				StatelessHandlers.all());
		return new UpgradableServers(new UpgradableListeners(this.journal, tracker, false), tracker, true)
			.apply("warm-up", loops, configured);
	}

	private static WarmUpRequest request(WarmUpProperties.Request request) {
		return new WarmUpRequest(request.getMethod(), request.getPath(), request.getHeaders(), request.getBody(),
				request.getStatus());
	}

}
