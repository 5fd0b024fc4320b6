package io.github.gracefulupgrade.warmup;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.concurrent.ImmediateEventExecutor;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.ProxyProtocolSupportType;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * Plays requests to a web server that listens on a free port of the loopback interface
 * and closes whatever connection is not of this player before it reads a byte of it. It
 * is the application's own server in all but the address, and that it speaks plain
 * HTTP/1.1: certificates and a load balancer's preamble are another matter.
 * <p>
 * Not a Unix domain socket: what the compiler makes of the code then bets on its classes
 * and on there being no remote address, and is thrown away with the first connection that
 * comes by TCP, when it is needed.
 */
public final class RequestPlayer {

	/**
	 * The header by which an application can tell these requests from others.
	 */
	public static final String HEADER = "X-Upgrade-Warm-Up";

	/** To accept, set up and close a connection is to be warm, too. */
	private static final int FRESH_EVERY = 5;

	/**
	 * What clients send that nobody told to: some do, and some do not. Compiled code that
	 * has seen but one of the two is thrown away at the first request of the other kind.
	 */
	private static final List<CharSequence> OPTIONAL = List.of(HttpHeaderNames.ACCEPT, HttpHeaderNames.USER_AGENT);

	private static final Duration DISPOSE_TIMEOUT = Duration.ofSeconds(3);

	private RequestPlayer() {
	}

	/**
	 * Play requests.
	 * @param server the application's server, with its handler
	 * @param last what is to be done with the server last of all: its event loops, at
	 * least
	 * @param plan what to play
	 * @return what it came to
	 * @throws WarmUpFailedException if a request was not answered as expected; no more is
	 * played then
	 * @throws InterruptedException if interrupted
	 */
	public static WarmUpResult play(HttpServer server, UnaryOperator<HttpServer> last, WarmUpPlan plan)
			throws InterruptedException {
		LoopResources clientLoops = LoopResources.create("graceful-upgrade-warm-up", 1, true);
		ConnectionProvider connections = ConnectionProvider.create("graceful-upgrade-warm-up", plan.concurrency());
		OwnConnections own = new OwnConnections();
		try {
			DisposableServer listening = last
				.apply(server.noSSL()
					.protocol(HttpProtocol.HTTP11)
					.proxyProtocol(ProxyProtocolSupportType.OFF)
					// As Spring Boot does, after the application has had its say.
					.channelGroup(new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE))
					.bindAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
					// Told on the listener's event loop, before it accepts for the first
					// time.
					.doOnBound((bound) -> own.guard(bound.channel())))
				.bindNow();
			try {
				HttpClient kept = configured(HttpClient.create(connections), listening, clientLoops, own, plan);
				HttpClient fresh = configured(HttpClient.newConnection(), listening, clientLoops, own, plan);
				return play(List.of(kept, terse(kept, listening.port(), plan)),
						List.of(fresh, terse(fresh, listening.port(), plan).keepAlive(false)), plan);
			}
			finally {
				dispose(listening);
			}
		}
		finally {
			connections.dispose();
			clientLoops.disposeLater(Duration.ZERO, DISPOSE_TIMEOUT).subscribe();
		}
	}

	/**
	 * What goes on after the last response, as far as its client could tell, fails no
	 * warm-up. It ends with its connection.
	 */
	private static void dispose(DisposableServer server) {
		try {
			server.disposeNow(DISPOSE_TIMEOUT);
		}
		catch (RuntimeException ex) {
			// It is closed, and not at its end yet.
		}
	}

	private static HttpClient configured(HttpClient client, DisposableServer server, LoopResources loops,
			OwnConnections own, WarmUpPlan plan) {
		return client.remoteAddress(server::address)
			.runOn(loops)
			.doOnChannelInit((observer, channel, remote) -> own.make(channel))
			.headers((headers) -> headers.set(HttpHeaderNames.HOST, "localhost").set(HEADER, "true"))
			.responseTimeout(plan.responseTimeout());
	}

	/**
	 * A client of another kind: it names a port, and sends nothing that it need not.
	 */
	private static HttpClient terse(HttpClient client, int port, WarmUpPlan plan) {
		Set<String> configured = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
		plan.requests().forEach((request) -> configured.addAll(request.headers().keySet()));
		return client.headers((headers) -> headers.set(HttpHeaderNames.HOST, "localhost:" + port))
			.doOnRequest((request, connection) -> OPTIONAL.stream()
				.filter((name) -> !configured.contains(name.toString()))
				.forEach(request.requestHeaders()::remove));
	}

	private static WarmUpResult play(List<HttpClient> kept, List<HttpClient> fresh, WarmUpPlan plan)
			throws InterruptedException {
		AtomicInteger turn = new AtomicInteger();
		long start = System.nanoTime();
		Duration first = Duration.ZERO;
		Duration last = Duration.ZERO;
		int rounds = 0;
		do {
			if (rounds > 0) {
				Thread.sleep(plan.pause().toMillis());
			}
			// As many rounds at once as it takes, but the first one alone.
			int together = (rounds == 0) ? 1
					: Math.min(plan.rounds() - rounds, Math.max(1, plan.concurrency() / plan.requests().size()));
			long begun = System.nanoTime();
			Flux.range(0, together)
				.flatMapIterable((round) -> plan.requests())
				.flatMap(
						(request) -> send(client(kept, fresh, turn.incrementAndGet()), request, plan.responseTimeout()),
						plan.concurrency())
				.then()
				.block();
			last = Duration.ofNanos(System.nanoTime() - begun);
			first = (rounds == 0) ? last : first;
			rounds += together;
		}
		while (rounds < plan.rounds() && System.nanoTime() - start < plan.duration().toNanos());
		return new WarmUpResult(rounds * plan.requests().size(), Duration.ofNanos(System.nanoTime() - start), first,
				last);
	}

	private static HttpClient client(List<HttpClient> kept, List<HttpClient> fresh, int turn) {
		List<HttpClient> clients = (turn % FRESH_EVERY == 0) ? fresh : kept;
		return clients.get(Math.floorMod(turn / FRESH_EVERY, clients.size()));
	}

	private static Mono<Void> send(HttpClient client, WarmUpRequest request, Duration responseTimeout) {
		return client.headers((headers) -> request.headers().forEach(headers::set))
			.request(HttpMethod.valueOf(request.method()))
			.uri(request.path())
			.send((request.body() != null) ? ByteBufFlux.fromString(Mono.just(request.body())) : Mono.empty())
			// The body is received to its end, and ignored.
			.responseSingle((response, body) -> body.then(Mono.just(response.status().code())))
			// Also of a body that goes on and on.
			.timeout(responseTimeout)
			.onErrorMap((ex) -> new WarmUpFailedException("%s was not answered: %s".formatted(request, ex), ex))
			.flatMap((status) -> request.isAnsweredBy(status) ? Mono.empty() : Mono.error(new WarmUpFailedException(
					"%s was answered with status %d, expected was %s".formatted(request, status, request.expectation()),
					null)));
	}

}
