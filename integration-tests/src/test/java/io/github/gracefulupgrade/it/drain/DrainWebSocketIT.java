package io.github.gracefulupgrade.it.drain;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * WebSockets live on in the incumbent for most of the grace period, and end with a Close
 * frame that says why.
 */
class DrainWebSocketIT {

	@Test
	void webSocketsAreToldToGoAwayAndNeverCut() {
		assertWebSocketsAreToldToGoAwayAndNeverCut(false);
	}

	@Test
	@Tag("long")
	void webSocketsBehindTlsAreToldToGoAwayAndNeverCut() {
		assertWebSocketsAreToldToGoAwayAndNeverCut(true);
	}

	private static void assertWebSocketsAreToldToGoAwayAndNeverCut(boolean tls) {
		Application app = (tls ? Sample.tls() : Sample.application()).args("--pingora.grace-period=3s");
		HttpClient http = HttpClient.newBuilder().sslContext(Sample.trustingEverybody()).build();
		try (Instance v1 = app.start().awaitServing()) {
			URI uri = URI.create((tls ? "wss" : "ws") + "://localhost:" + v1.port() + "/ws");
			List<Echo> echoes = IntStream.range(0, 20).mapToObj((i) -> new Echo(http, uri)).toList();
			echoes.forEach((echo) -> echo.expect("before"));
			try (Upgrade upgrade = Upgrade.of(v1).to(app).perform()) {
				assertThat(upgrade.exitCode()).isZero();
				for (Echo echo : echoes) {
					assertThat(echo.closed.join()).isEqualTo(1001);
				}
				assertThat(echoes.stream().mapToLong((echo) -> echo.closedAt).distinct().count()).isGreaterThan(5);
				v1.awaitLog(
						"0 request\\(s\\) finished, 0 cut; 0 connection\\(s\\) handed over, 0 closed after a response"
								+ " that said so, 0 HTTP/2 told to go away, 20 WebSocket\\(s\\) closed");
				Echo again = new Echo(http, uri);
				again.expect("after");
			}
		}
	}

	private static final class Echo implements WebSocket.Listener {

		private final CompletableFuture<Integer> closed = new CompletableFuture<>();

		private final Queue<String> received = new ConcurrentLinkedQueue<>();

		private final WebSocket socket;

		private volatile long closedAt;

		Echo(HttpClient http, URI uri) {
			this.socket = http.newWebSocketBuilder().buildAsync(uri, this).join();
		}

		void expect(String text) {
			this.socket.sendText(text, true);
			Await.until("the echo of " + text, () -> this.received.contains(text));
		}

		@Override
		public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			this.received.add(data.toString());
			return WebSocket.Listener.super.onText(socket, data, last);
		}

		@Override
		public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
			this.closedAt = System.currentTimeMillis();
			this.closed.complete(status);
			return null;
		}

		@Override
		public void onError(WebSocket socket, Throwable error) {
			this.closed.completeExceptionally(error);
		}

	}

}
