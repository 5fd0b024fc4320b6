package io.github.gracefulupgrade.it.drain;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients of every kind at once: with fresh connections, with kept ones, with slow
 * requests, behind TLS, with HTTP/2, with WebSockets. Nobody repeats anything.
 */
final class MixedLoad implements AutoCloseable {

	private static final int WEB_SOCKETS = 4;

	private final Queue<String> failures = new ConcurrentLinkedQueue<>();

	private final LongAdder echoes = new LongAdder();

	private final List<Thread> threads = new ArrayList<>();

	private final HttpClient http = HttpClient.newHttpClient();

	private final URI webSocket;

	private final Load quick;

	private final Load slow;

	private final KeepAliveClients secure;

	private final Http2Client http2;

	private @Nullable LoadReport report;

	private volatile boolean stopping;

	/**
	 * Start all clients.
	 * @param port where everything is plaintext
	 * @param securePort where Actuator is, behind TLS
	 */
	MixedLoad(int port, int securePort) {
		this.webSocket = URI.create("ws://localhost:" + port + "/ws");
		this.quick = Load.on(port).keepAlive(8).fresh(4).rate(120).paths("/", "/slow?ms=20", "/visits").start();
		this.slow = Load.on(port).keepAlive(2).fresh(2).rate(4).paths("/slow?ms=1500", "/slow?ms=300").start();
		this.secure = new KeepAliveClients(() -> RawClient.tls(securePort), 4, 40, "/actuator/health",
				"/actuator/info");
		this.http2 = new Http2Client(port, false, 2, 2, "/slow?ms=30", "/slow?ms=70");
		for (int i = 0; i < WEB_SOCKETS; i++) {
			Thread thread = new Thread(this::talk, "web-socket-" + i);
			thread.setDaemon(true);
			thread.start();
			this.threads.add(thread);
		}
	}

	/**
	 * Send a text and wait for its echo, until a Close frame says that the server goes
	 * away.
	 */
	private void talk() {
		Random random = new Random();
		try {
			while (!this.stopping) {
				Conversation conversation = new Conversation();
				WebSocket socket = this.http.newWebSocketBuilder().buildAsync(this.webSocket, conversation).join();
				while (!this.stopping && conversation.status < 0) {
					socket.sendText("text", true);
					if (!conversation.echoed.tryAcquire(30, TimeUnit.SECONDS)) {
						this.failures.add("WebSocket: no echo");
						return;
					}
					this.echoes.increment();
					Await.pause(50 + random.nextInt(200));
				}
				if (this.stopping) {
					socket.sendClose(WebSocket.NORMAL_CLOSURE, "");
				}
				else if (conversation.status != 1001) {
					this.failures.add("WebSocket: " + conversation.status + " " + conversation.how);
				}
			}
		}
		catch (InterruptedException | RuntimeException ex) {
			this.failures.add("WebSocket: " + ex);
		}
	}

	void awaitAnswers(Instance instance, int count) {
		this.quick.awaitAnswers(instance, count);
		this.secure.awaitAnswers(instance.pid(), count / 5);
		this.http2.awaitAnswers(instance.pid(), count / 5);
	}

	void assertNothingLost() {
		assertThat(this.failures).isEmpty();
		assertThat(this.secure.failures()).isEmpty();
		assertThat(this.http2.lost()).isEmpty();
		assertThat(this.http2.refused()).isEmpty();
		soFar().assertNothingLost();
	}

	private LoadReport soFar() {
		LoadReport report = this.report;
		return (report != null) ? report : this.quick.soFar().plus(this.slow.soFar());
	}

	void stop() {
		this.report = this.quick.stop().plus(this.slow.stop());
		this.secure.stop();
		this.http2.stop();
		stopTalking();
	}

	private void stopTalking() {
		this.stopping = true;
		for (Thread thread : this.threads) {
			try {
				thread.join(60_000);
			}
			catch (InterruptedException ex) {
				throw new AssertionError(ex);
			}
		}
	}

	@Override
	public String toString() {
		LoadReport report = soFar();
		return "%d requests, %d of HTTP/2, %d echoes of WebSockets, and 4 clients behind TLS; lost: %d".formatted(
				report.fates().size(), this.http2.answers(), this.echoes.sum(),
				report.failures().size() + this.http2.lost().size() + this.http2.refused().size()
						+ this.secure.failures().size() + this.failures.size());
	}

	@Override
	public void close() {
		this.stopping = true;
		this.quick.close();
		this.slow.close();
		this.secure.close();
		this.http2.close();
	}

	private static final class Conversation implements WebSocket.Listener {

		private final Semaphore echoed = new Semaphore(0);

		private volatile int status = -1;

		private volatile String how = "";

		@Override
		public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			socket.request(1);
			this.echoed.release();
			return null;
		}

		@Override
		public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
			this.status = status;
			this.how = reason;
			// Whoever waits for an echo that will not come.
			this.echoed.release();
			return null;
		}

		@Override
		public void onError(WebSocket socket, Throwable error) {
			this.how = error.toString();
			this.status = 0;
			this.echoed.release();
		}

	}

}
