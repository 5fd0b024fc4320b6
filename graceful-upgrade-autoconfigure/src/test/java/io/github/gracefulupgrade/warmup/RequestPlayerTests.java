package io.github.gracefulupgrade.warmup;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.server.HttpServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RequestPlayerTests {

	private final Queue<String> seen = new ConcurrentLinkedQueue<>();

	private final HttpServer server = HttpServer.create()
		.handle((request, response) -> request.receive().aggregate().asString().defaultIfEmpty("").flatMap((body) -> {
			this.seen.add("%s %s %s %s %s".formatted(request.method(), request.uri(),
					request.requestHeaders().get(RequestPlayer.HEADER), request.requestHeaders().get("X-One"), body));
			if (request.uri().equals("/never")) {
				return Mono.never();
			}
			if (request.uri().equals("/endless")) {
				return response.sse().sendString(Flux.interval(Duration.ofMillis(100)).map(String::valueOf)).then();
			}
			return response.status(request.uri().equals("/missing") ? 404 : 200).sendString(Mono.just("x")).then();
		}));

	private WarmUpResult play(int rounds, int concurrency, WarmUpRequest... requests) throws Exception {
		return RequestPlayer.play(this.server, UnaryOperator.identity(), new WarmUpPlan(List.of(requests), rounds,
				Duration.ofMinutes(1), concurrency, Duration.ofMillis(1), Duration.ofSeconds(1)));
	}

	private static WarmUpRequest get(String path, @Nullable Integer status) {
		return new WarmUpRequest("GET", path, Map.of("X-One", "1"), null, status);
	}

	@Test
	void playsWhatIsConfiguredAndNothingElse() throws Exception {
		WarmUpResult result = play(3, 1, get("/a?b=c", null), new WarmUpRequest("POST", "/d", Map.of(), "e", 200));
		assertThat(result.requests()).isEqualTo(6);
		assertThat(this.seen).hasSize(6).containsOnly("GET /a?b=c true 1 ", "POST /d true null e");
	}

	/**
	 * As clients differ, in what none of them has been told to send.
	 */
	@Test
	void variesWhatIsLeftOpen() throws Exception {
		Queue<String> hosts = new ConcurrentLinkedQueue<>();
		Queue<String> accepts = new ConcurrentLinkedQueue<>();
		Queue<String> connections = new ConcurrentLinkedQueue<>();
		HttpServer varied = HttpServer.create().handle((request, response) -> {
			HttpHeaders headers = request.requestHeaders();
			hosts.add(headers.get("Host").replaceAll("[0-9]+", "N"));
			accepts.add(headers.get("Accept", "none") + " " + headers.get("User-Agent", "none"));
			connections.add(headers.get("Connection", "kept"));
			return response.sendString(Mono.just("x")).then();
		});
		WarmUpRequest agent = new WarmUpRequest("GET", "/", Map.of("user-agent", "mine"), null, null);
		RequestPlayer.play(varied, UnaryOperator.identity(),
				new WarmUpPlan(List.of(agent), 20, Duration.ofMinutes(1), 1, Duration.ZERO, Duration.ofSeconds(10)));
		assertThat(hosts).contains("localhost", "localhost:N");
		assertThat(accepts).containsOnly("*/* mine", "none mine");
		assertThat(connections).containsOnly("kept", "close");
	}

	@Test
	void endsWhenTheTimeIsOver() throws Exception {
		WarmUpResult result = RequestPlayer.play(this.server, UnaryOperator.identity(),
				new WarmUpPlan(List.of(get("/", null)), Integer.MAX_VALUE, Duration.ofMillis(50), 1, Duration.ZERO,
						Duration.ofSeconds(10)));
		assertThat(result.requests()).isPositive();
	}

	@Test
	void namesTheRequestThatFailed() {
		assertThatExceptionOfType(WarmUpFailedException.class).isThrownBy(() -> play(5, 2, get("/missing", null)))
			.withMessage("GET /missing was answered with status 404, expected was 2xx or 3xx");
		assertThatExceptionOfType(WarmUpFailedException.class).isThrownBy(() -> play(5, 2, get("/", 204)))
			.withMessage("GET / was answered with status 200, expected was 204");
		assertThatExceptionOfType(WarmUpFailedException.class).isThrownBy(() -> play(1, 1, get("/never", null)))
			.withMessageStartingWith("GET /never was not answered");
		assertThatExceptionOfType(WarmUpFailedException.class).isThrownBy(() -> play(1, 1, get("/endless", null)))
			.withMessageStartingWith("GET /endless was not answered");
	}

	@Test
	void takesWhatIsExpected() throws Exception {
		assertThat(play(1, 1, get("/missing", 404)).requests()).isEqualTo(1);
	}

	@Test
	void nobodyElseGetsAnAnswer() throws Exception {
		Queue<String> others = new ConcurrentLinkedQueue<>();
		HttpServer curious = HttpServer.create().handle((request, response) -> {
			this.seen.add(request.uri());
			InetSocketAddress address = (InetSocketAddress) request.hostAddress();
			return response.sendString(Mono.fromCallable(() -> {
				others.add(stranger(address.getPort()));
				return "x";
			}).subscribeOn(Schedulers.boundedElastic())).then();
		});
		RequestPlayer.play(curious, UnaryOperator.identity(), new WarmUpPlan(List.of(get("/", null)), 2,
				Duration.ofMinutes(1), 1, Duration.ZERO, Duration.ofSeconds(10)));
		assertThat(this.seen).containsExactly("/", "/");
		assertThat(others).containsExactly("closed", "closed");
	}

	private static String stranger(int port) throws IOException {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
			socket.setSoTimeout(5000);
			socket.getOutputStream()
				.write("GET /stranger HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
			return (socket.getInputStream().read() < 0) ? "closed" : "answered";
		}
		catch (SocketException ex) {
			return "closed";
		}
	}

	@Test
	void playsSeveralRoundsAtOnceWhereThereAreFewRequests() throws Exception {
		WarmUpResult result = play(10, 4, get("/", null), get("/b", null));
		assertThat(result.requests()).isEqualTo(20);
		assertThat(this.seen).hasSize(20);
	}

}
