package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

import io.github.gracefulupgrade.handover.Connections.Drained;
import io.github.gracefulupgrade.handover.Connections.Plan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ConnectionTracker}, and for what becomes of a connection when others
 * than a drain close it, or a drain is called off.
 */
@Timeout(120)
class ConnectionTrackerTests {

	private static final Duration GRACE = Duration.ofSeconds(30);

	private final Recorded application = new Recorded();

	/**
	 * And none is handed over to such a server, which would refuse what it was sent.
	 */
	@Test
	void aConnectionThatTheServerRefusesIsForgotten() {
		try (SimulatedProcess process = SimulatedProcess
			.cold((server) -> this.application.in("p").apply(server).maxConnections(1));
				SimulatedProcess successor = process.successor(this.application.in("q"));
				RawClient first = new RawClient(process.address())) {
			first.get("/quick/1");
			for (int i = 0; i < 3; i++) {
				try (RawClient refused = new RawClient(process.address())) {
					assertThat(refused.isEnded()).isTrue();
				}
			}
			await().untilAsserted(() -> assertThat(process.connections().progress().connections()).isEqualTo(1));
			CompletableFuture<Drained> drained = process.drainInto(successor, GRACE);
			// It may be answered before its event loop knows of the drain.
			await().until(() -> first.get("/quick/2").announcesClose());
			assertThat(first.isEnded()).isTrue();
			assertThat(SimulatedProcess.get(drained).announced()).isEqualTo(1);
		}
	}

	@Test
	void aStreamOutlivesTheDeadlineOfADrainThatWasCalledOff() {
		Sinks.One<String> answer = Sinks.one();
		CompletableFuture<Void> asked = new CompletableFuture<>();
		UnaryOperator<HttpServer> application = (server) -> server.protocol(HttpProtocol.H2C)
			.handle((request, response) -> {
				asked.complete(null);
				return response.sendString(answer.asMono());
			});
		HttpClient client = HttpClient.newConnection().protocol(HttpProtocol.H2C);
		try (SimulatedProcess process = SimulatedProcess.cold(application)) {
			CompletableFuture<String> answered = client.get()
				.uri("http://127.0.0.1:" + process.address().getPort() + "/")
				.responseSingle((response, body) -> body.asString())
				.toFuture();
			SimulatedProcess.get(asked);
			Duration grace = Duration.ofSeconds(1);
			long deadline = System.nanoTime() + grace.toNanos();
			process.drain(new Plan(grace, false, process.movable(), (connection) -> {
			}));
			await().untilAsserted(() -> assertThat(process.connections().progress().soFar().goneAway()).isEqualTo(1));
			process.connections().cancelDrain();
			// Well beyond it: the codec's own clock would have started later.
			Mono.delay(Duration.ofNanos(deadline - System.nanoTime()).plus(grace)).block();
			assertThat(answered).isNotDone();
			answer.tryEmitValue("here");
			assertThat(SimulatedProcess.get(answered)).isEqualTo("here");
		}
	}

	/**
	 * The handler that offers the upgrade holds the request back until it has all of it.
	 */
	@Test
	void aRequestThatAsksForAnotherProtocolIsAnsweredToItsEnd() {
		UnaryOperator<HttpServer> both = (server) -> this.application.in("p")
			.apply(server)
			.protocol(HttpProtocol.HTTP11, HttpProtocol.H2C)
			.httpRequestDecoder((spec) -> spec.h2cMaxContentLength(1000));
		try (SimulatedProcess process = SimulatedProcess.cold(both);
				RawClient client = new RawClient(process.address())) {
			client.send("POST /parts/1/100 HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: other\r\n"
					+ "Content-Length: 4\r\n\r\nab");
			await().untilAsserted(() -> assertThat(process.connections().progress().requests()).isEqualTo(1));
			CompletableFuture<Drained> drained = process
				.drain(new Plan(GRACE, true, process.movable(), (connection) -> {
				}));
			client.send("cd");
			// Its head may be on its way before the drain looks at the connection.
			assertThat(client.read().body()).isEqualTo("ppp");
			assertThat(client.isEnded()).isTrue();
			client.close();
			assertThat(SimulatedProcess.get(drained).finished()).isEqualTo(1);
		}
	}

	/**
	 * The output is shut down by then: it could be executed, and not be answered.
	 */
	@Test
	void noRequestIsReadFromAConnectionThatIsBeingClosed() {
		UnaryOperator<HttpServer> impatient = (server) -> this.application.in("p")
			.apply(server)
			.protocol(HttpProtocol.HTTP11, HttpProtocol.H2C)
			.idleTimeout(Duration.ofMillis(500));
		try (SimulatedProcess process = SimulatedProcess.cold(impatient);
				RawClient client = new RawClient(process.address())) {
			client.get("/quick/1");
			process.drain(new Plan(GRACE, false, process.movable(), (connection) -> {
			}));
			assertThat(client.isEnded()).isTrue();
			process.connections().cancelDrain();
			client.send("GET /quick/2 HTTP/1.1\r\nHost: test\r\n\r\n");
			await().untilAsserted(() -> assertThat(process.connections().progress().connections()).isZero());
			assertThat(this.application.requests()).containsOnlyKeys("/quick/1");
		}
	}

}
