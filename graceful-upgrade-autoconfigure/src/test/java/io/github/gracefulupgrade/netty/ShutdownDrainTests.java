package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import io.github.gracefulupgrade.handover.Connections.Drained;
import io.github.gracefulupgrade.handover.Connections.Plan;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A drain without a successor, as SIGTERM begins one: idle connections close, but no
 * request is thrown away that a client had sent before.
 */
class ShutdownDrainTests {

	private static final Plan SHUTDOWN = Plan.withoutSuccessor(Duration.ofSeconds(30));

	private SimulatedProcess process;

	@BeforeEach
	void start() {
		this.process = SimulatedProcess.cold((server) -> server
			.handle((request, response) -> response.header("X-Process", "only").sendString(Mono.just(request.uri()))));
	}

	@AfterEach
	void end() {
		this.process.close();
	}

	private CompletableFuture<Drained> shutDown() {
		this.process.listeners().pause(List.of("server"));
		return this.process.drain(SHUTDOWN);
	}

	@Test
	void idleConnectionIsClosed() {
		try (RawClient client = new RawClient(this.process.address())) {
			client.get("/first");
			CompletableFuture<Drained> drained = shutDown();
			assertThat(client.isEnded()).isTrue();
			client.close();
			assertThat(SimulatedProcess.get(drained).cut()).isZero();
		}
	}

	@Test
	void requestThatNobodyHasReadIsAnsweredAndTheCloseAnnounced() {
		try (RawClient client = new RawClient(this.process.address())) {
			client.get("/first");
			CountDownLatch busy = this.process.keepBusy();
			client.send("GET /second HTTP/1.1\r\nHost: localhost\r\n\r\n");
			CompletableFuture<Drained> drained = shutDown();
			busy.countDown();
			RawClient.Response response = client.read();
			assertThat(response.body()).isEqualTo("/second");
			assertThat(response.announcesClose()).isTrue();
			assertThat(client.isEnded()).isTrue();
			client.close();
			assertThat(SimulatedProcess.get(drained).finished()).isOne();
		}
	}

	@Test
	void connectionThatIsAcceptedInTheLastMomentIsAnswered() {
		// The listeners close before the drain begins, but what they accepted may not
		// have
		// got to its event loop by then.
		CompletableFuture<Drained> drained = this.process.drain(SHUTDOWN);
		try (RawClient client = new RawClient(this.process.address())) {
			RawClient.Response response = client.get("/first");
			assertThat(response.announcesClose()).isTrue();
			assertThat(client.isEnded()).isTrue();
		}
		drained.cancel(false);
	}

}
