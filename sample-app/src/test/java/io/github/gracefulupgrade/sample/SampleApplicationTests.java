package io.github.gracefulupgrade.sample;

import java.net.URI;
import java.time.Duration;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.client.ReactorNettyWebSocketClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Without an upgrade socket the application is any application.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "pingora.upgrade-sock=", "sample.version=7", "server.address=127.0.0.1" })
class SampleApplicationTests {

	private static final String PID = Long.toString(ProcessHandle.current().pid());

	@LocalServerPort
	int port;

	private WebTestClient client;

	@BeforeEach
	void client() {
		this.client = WebTestClient.bindToServer().baseUrl("http://127.0.0.1:" + this.port).build();
	}

	@Test
	void indexTellsPidAndVersion() {
		this.client.get()
			.uri("/")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody()
			.json("{\"pid\":%s,\"version\":\"7\"}".formatted(PID));
	}

	@ParameterizedTest
	@ValueSource(strings = { "/", "/slow?ms=1", "/slow?ms=none", "/stream?count=1&interval=1", "/missing",
			"/static.css", "/echo", "/ws", "/actuator", "/actuator/health", "/actuator/health/readiness",
			"/actuator/info", "/actuator/metrics", "/actuator/missing" })
	void everyResponseCarriesThePid(String path) {
		this.client.get().uri(path).exchange().expectHeader().valueEquals("X-Pid", PID);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/actuator/health/liveness", "/actuator/health/readiness", "/actuator/info",
			"/actuator/metrics" })
	void actuatorIsThere(String path) {
		this.client.get().uri(path).exchange().expectStatus().isOk();
	}

	@Test
	void slowAnswersAfterItsTime() {
		EntityExchangeResult<byte[]> result = this.client.get()
			.uri("/slow?ms=200")
			.exchange()
			.expectStatus()
			.isOk()
			.expectBody()
			.returnResult();
		assertThat(result.getResponseHeaders().getFirst(HttpHeaders.CONTENT_TYPE)).startsWith("application/json");
	}

	@Test
	void streamSendsItsEvents() {
		Flux<Long> events = this.client.get()
			.uri("/stream?count=3&interval=10")
			.accept(MediaType.TEXT_EVENT_STREAM)
			.exchange()
			.expectStatus()
			.isOk()
			.returnResult(Long.class)
			.getResponseBody();
		assertThat(events.collectList().block(Duration.ofSeconds(10))).containsExactly(0L, 1L, 2L);
	}

	@Test
	void echoIsStreamedBackWhileTheRequestStillComes() {
		DefaultDataBufferFactory buffers = DefaultDataBufferFactory.sharedInstance;
		Sinks.Many<String> upload = Sinks.many().unicast().onBackpressureBuffer();
		upload.tryEmitNext("one");
		StringBuilder received = new StringBuilder();
		Mono<Void> exchange = WebClient.create("http://127.0.0.1:" + this.port)
			.post()
			.uri("/echo")
			.contentType(MediaType.APPLICATION_OCTET_STREAM)
			.body(BodyInserters.fromDataBuffers(upload.asFlux().map((part) -> buffers.wrap(part.getBytes()))))
			.exchangeToFlux((response) -> {
				assertThat(response.headers().contentType()).contains(MediaType.APPLICATION_OCTET_STREAM);
				return response.bodyToFlux(byte[].class);
			})
			.map(String::new)
			.doOnNext((part) -> {
				received.append(part);
				// The rest of the request is sent only now that its beginning is back.
				upload.tryEmitNext(received.length() == 3 ? "two" : "");
				if (received.length() == 6) {
					upload.tryEmitComplete();
				}
			})
			.then();
		exchange.block(Duration.ofSeconds(10));
		assertThat(received).hasToString("onetwo");
	}

	@Test
	void webSocketEchoes() {
		Sinks.One<String> echo = Sinks.one();
		Sinks.One<String> pid = Sinks.one();
		new ReactorNettyWebSocketClient().execute(URI.create("ws://127.0.0.1:" + this.port + "/ws"), (session) -> {
			pid.tryEmitValue(String.valueOf(session.getHandshakeInfo().getHeaders().getFirst("X-Pid")));
			return session.send(Mono.just(session.textMessage("hello")))
				.then(session.receive().next().map(WebSocketMessage::getPayloadAsText).doOnNext(echo::tryEmitValue))
				.then();
		}).block(Duration.ofSeconds(10));
		assertThat(echo.asMono().block()).isEqualTo("hello");
		assertThat(pid.asMono().block()).isEqualTo(PID);
	}

}
