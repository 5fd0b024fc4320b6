package io.github.gracefulupgrade.warmup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpMethod;
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
 * Plays requests to a web server that listens on a Unix domain socket in a folder that
 * only this user can enter. It is the application's own server in all but the address,
 * and that it speaks plain HTTP/1.1: certificates and a load balancer's preamble are
 * another matter.
 */
public final class RequestPlayer {

	/**
	 * The header by which an application can tell these requests from others.
	 */
	public static final String HEADER = "X-Upgrade-Warm-Up";

	private static final Duration DISPOSE_TIMEOUT = Duration.ofSeconds(3);

	private RequestPlayer() {
	}

	/**
	 * Play requests.
	 * @param server the application's server, with its handler
	 * @param loops the application's event loops
	 * @param plan what to play
	 * @return what it came to
	 * @throws WarmUpFailedException if a request was not answered as expected; no more is
	 * played then
	 * @throws IOException if there can be no private folder
	 * @throws InterruptedException if interrupted
	 */
	public static WarmUpResult play(HttpServer server, LoopResources loops, WarmUpPlan plan)
			throws IOException, InterruptedException {
		// Its mode is 0700.
		Path folder = Files.createTempDirectory("graceful-upgrade");
		DomainSocketAddress address = new DomainSocketAddress(folder.resolve("s").toFile());
		LoopResources clientLoops = LoopResources.create("graceful-upgrade-warm-up", 1, true);
		ConnectionProvider connections = ConnectionProvider.create("graceful-upgrade-warm-up", plan.concurrency());
		try {
			DisposableServer bound = server.noSSL()
				.protocol(HttpProtocol.HTTP11)
				.proxyProtocol(ProxyProtocolSupportType.OFF)
				.runOn(loops)
				.bindAddress(() -> address)
				.bindNow();
			try {
				return play(HttpClient.create(connections)
					.remoteAddress(() -> address)
					.runOn(clientLoops)
					.headers((headers) -> headers.set("Host", "localhost").set(HEADER, "true"))
					.responseTimeout(plan.responseTimeout()), plan);
			}
			finally {
				bound.disposeNow(DISPOSE_TIMEOUT);
			}
		}
		finally {
			connections.dispose();
			clientLoops.disposeLater(Duration.ZERO, DISPOSE_TIMEOUT).subscribe();
			Files.deleteIfExists(folder.resolve("s"));
			Files.deleteIfExists(folder);
		}
	}

	private static WarmUpResult play(HttpClient client, WarmUpPlan plan) throws InterruptedException {
		long start = System.nanoTime();
		Duration first = Duration.ZERO;
		Duration last = Duration.ZERO;
		int rounds = 0;
		do {
			if (rounds > 0) {
				Thread.sleep(plan.pause().toMillis());
			}
			long begun = System.nanoTime();
			Flux.fromIterable(plan.requests())
				.flatMap((request) -> send(client, request), plan.concurrency())
				.then()
				.block();
			last = Duration.ofNanos(System.nanoTime() - begun);
			first = (rounds == 0) ? last : first;
			rounds++;
		}
		while (rounds < plan.rounds() && System.nanoTime() - start < plan.duration().toNanos());
		return new WarmUpResult(rounds * plan.requests().size(), Duration.ofNanos(System.nanoTime() - start), first,
				last);
	}

	private static Mono<Void> send(HttpClient client, WarmUpRequest request) {
		return client.headers((headers) -> request.headers().forEach(headers::set))
			.request(HttpMethod.valueOf(request.method()))
			.uri(request.path())
			.send((request.body() != null) ? ByteBufFlux.fromString(Mono.just(request.body())) : Mono.empty())
			// The body is received to its end, and ignored.
			.responseSingle((response, body) -> body.then(Mono.just(response.status().code())))
			.onErrorMap((ex) -> new WarmUpFailedException("%s was not answered: %s".formatted(request, ex), ex))
			.flatMap((status) -> request.isAnsweredBy(status) ? Mono.empty() : Mono.error(new WarmUpFailedException(
					"%s was answered with status %d, expected was %s".formatted(request, status, request.expectation()),
					null)));
	}

}
