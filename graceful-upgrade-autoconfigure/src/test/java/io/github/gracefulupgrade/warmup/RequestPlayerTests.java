package io.github.gracefulupgrade.warmup;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpResources;
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
			return response.status(request.uri().equals("/missing") ? 404 : 200).sendString(Mono.just("x")).then();
		}));

	private WarmUpResult play(int rounds, int concurrency, WarmUpRequest... requests) throws Exception {
		return RequestPlayer.play(this.server, HttpResources.get(), new WarmUpPlan(List.of(requests), rounds,
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

	@Test
	void endsWhenTheTimeIsOver() throws Exception {
		WarmUpResult result = RequestPlayer.play(this.server, HttpResources.get(),
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
	}

	@Test
	void takesWhatIsExpected() throws Exception {
		assertThat(play(1, 1, get("/missing", 404)).requests()).isEqualTo(1);
	}

}
