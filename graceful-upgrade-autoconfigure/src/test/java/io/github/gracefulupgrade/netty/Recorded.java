package io.github.gracefulupgrade.netty;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * An application whose requests are numbered, and which writes down which it has been
 * given, and by which process.
 */
final class Recorded {

	private final Map<String, Integer> requests = new ConcurrentHashMap<>();

	/**
	 * The application as a certain process runs it.
	 */
	UnaryOperator<HttpServer> in(String process) {
		return (server) -> server.handle((request, response) -> {
			this.requests.merge(request.uri(), 1, Integer::sum);
			response.header("X-Process", process).header("X-Request", request.uri());
			return answer(request, response);
		});
	}

	private static Mono<Void> answer(HttpServerRequest request, HttpServerResponse response) {
		String[] path = request.uri().split("/");
		switch (path[1]) {
			case "quick":
				return response.sendString(Mono.just("quick")).then();
			case "slow":
				return pause(request, Integer.parseInt(path[3]))
					.then(Mono.defer(() -> response.sendString(Mono.just("slow")).then()));
			case "parts":
				// A response in parts: its head is on its way long before its end.
				return response
					.sendGroups(Flux.range(0, 3)
						.map((i) -> pause(request, Integer.parseInt(path[3]))
							.thenReturn(Unpooled.copiedBuffer(new byte[] { 'p' }))))
					.then();
			case "empty":
				return response.status(204).send();
			case "echo":
				return request.receive()
					.aggregate()
					.asString()
					.defaultIfEmpty("")
					.flatMap((body) -> response.sendString(Mono.just(body)).then());
			case "mirror":
				// The response begins before the request ends.
				return response.send(request.receive().retain(), (part) -> true).then();
			case "early":
				return response.status(405).header(HttpHeaderNames.CONTENT_LENGTH, "0").send();
			default:
				return response.status(404).sendString(Mono.just("not a request of this test")).then();
		}
	}

	/**
	 * Wait on the event loop: an answer from another thread, with the next request close
	 * behind, can make Reactor Netty stop reading (reactor-netty#4361).
	 */
	private static Mono<Void> pause(HttpServerRequest request, int millis) {
		return Mono.create((sink) -> request.withConnection((connection) -> {
			EventLoop loop = connection.channel().eventLoop();
			loop.schedule((Runnable) sink::success, millis, TimeUnit.MILLISECONDS);
		}));
	}

	/**
	 * How often each request was given to the application.
	 */
	Map<String, Integer> requests() {
		return this.requests;
	}

}
