package io.github.gracefulupgrade.it.drain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Plaintext HTTP/1.1: whatever is on a connection when the incumbent stops accepting, its
 * client keeps it, and gets every answer once, in order, from one process or the other.
 */
class ConnectionMoveIT {

	private static final int CLIENTS = Integer.getInteger("move.clients", 60);

	@Test
	void requestsInPiecesAreAnsweredOnceAndInOrder() {
		Application app = Sample.application().jvmOptions(Sample.ALWAYS_READS_ON);
		try (Generations generations = new Generations(app)) {
			// First, so that the clients do not take the processor away from its start.
			generations.prepare();
			Instance v1 = generations.incumbent();
			Clients clients = new Clients(v1);
			clients.run(CLIENTS, ConnectionMoveIT::twoHalves);
			clients.run(CLIENTS / 4, ConnectionMoveIT::answeredBeforeTheBodyIsThere);
			clients.run(8, ConnectionMoveIT::byteByByte);
			clients.run(2, ConnectionMoveIT::pipeliningWithoutEnd);
			clients.awaitAnswers(v1.pid());
			generations.replace();
			Instance v2 = generations.incumbent();
			clients.awaitAnswers(v2.pid());
			clients.finish();
			assertThat(clients.pids()).containsOnly(v1.pid(), v2.pid());
			v1.awaitLog("request\\(s\\) finished, 0 cut; %d connection\\(s\\) handed over, 0 closed"
				.formatted(clients.count()));
		}
	}

	/** Half of them with a pipelined second request, the halves a random time apart. */
	private static void twoHalves(Client client) {
		boolean two = client.random.nextBoolean();
		// Not a slow one with another behind it: Reactor Netty may never read the
		// latter's
		// second half, with or without an upgrade.
		String request = two ? get("/") + get("/") : get("/slow?ms=" + client.random.nextInt(30));
		int middle = 1 + client.random.nextInt(request.length() - 1);
		client.raw.send(request.substring(0, middle));
		Await.pause(client.random.nextInt(150));
		client.raw.send(request.substring(middle));
		client.expect(200, "\"pid\"");
		if (two) {
			client.expect(200, "\"pid\"");
		}
	}

	/** 405, while half of a body is to come that looks like requests. */
	private static void answeredBeforeTheBodyIsThere(Client client) {
		String body = get("/trap").repeat(4);
		int middle = client.random.nextInt(body.length());
		client.raw.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: " + body.length() + "\r\n\r\n"
				+ body.substring(0, middle));
		client.expect(405, "");
		Await.pause(client.random.nextInt(150));
		client.raw.send(body.substring(middle) + get("/"));
		client.expect(200, "\"pid\"");
	}

	private static void byteByByte(Client client) {
		byte[] request = get("/").getBytes(StandardCharsets.ISO_8859_1);
		for (int i = 0; i < request.length; i++) {
			client.raw.send(request, i, 1);
			Await.pause(2);
		}
		client.expect(200, "\"pid\"");
	}

	/** At no time is there nothing on its way, and reads end anywhere. */
	private static void pipeliningWithoutEnd(Client client) {
		int ahead = 60;
		client.raw.send(get("/").repeat(client.ahead == 0 ? ahead : 30));
		client.ahead += (client.ahead == 0) ? ahead : 30;
		for (int i = 0; i < 30; i++) {
			client.expect(200, "\"pid\"");
			client.ahead--;
		}
	}

	@Test
	void connectionsStayWithTheirPortWhichChangesItsServer() {
		int one = Instance.freePort();
		int other = Instance.freePort();
		Application app = Sample.application().args("--management.server.address=127.0.0.1");
		Application swapped = app.onPort(other).args("--management.server.port=" + one);
		try (Instance v1 = withBothServers(app.onPort(one).args("--management.server.port=" + other));
				RawClient onOne = RawClient.plain(one);
				RawClient onOther = RawClient.plain(other)) {
			assertThat(onOne.get("/").pid()).isEqualTo(v1.pid());
			assertThat(onOther.get("/actuator/health").status()).isEqualTo(200);
			try (Upgrade first = Upgrade.of(v1).to(swapped).perform()) {
				Instance v2 = first.successor();
				assertThat(onOne.get("/actuator/health").status()).isEqualTo(200);
				assertThat(onOther.get("/").pid()).isEqualTo(v2.pid());
				try (Upgrade second = Upgrade.of(v2).to(swapped).perform()) {
					assertThat(onOne.get("/actuator/health").status()).isEqualTo(200);
					assertThat(onOther.get("/").pid()).isEqualTo(second.successor().pid());
					// Else each process that ends waits for them.
					onOne.close();
					onOther.close();
				}
				v2.awaitLog("2 connection\\(s\\) handed over");
			}
			v1.awaitLog("2 connection\\(s\\) handed over");
		}
	}

	/** The management server starts after the other one. */
	private static Instance withBothServers(Application application) {
		Instance instance = application.start().awaitServing();
		instance.awaitLog("serves and can be upgraded at");
		return instance;
	}

	@Test
	void idleConnectionsAreServedOnByTheSuccessor() {
		int count = Integer.getInteger("move.idle", 500);
		Application app = Sample.application();
		try (Instance v1 = app.start().awaitServing()) {
			List<RawClient> clients = IntStream.range(0, count).mapToObj((i) -> RawClient.plain(v1.port())).toList();
			// Some have never sent a byte.
			clients.stream().skip(count / 10).forEach((client) -> assertThat(client.get("/").status()).isEqualTo(200));
			try (Upgrade upgrade = Upgrade.of(v1).to(app).perform()) {
				for (RawClient client : clients) {
					assertThat(client.get("/").pid()).isEqualTo(upgrade.successor().pid());
					client.close();
				}
				v1.awaitLog("drained in \\d+ ms: 0 request\\(s\\) finished, 0 cut; %d connection\\(s\\) handed over"
					.formatted(count));
			}
		}
	}

	@Test
	void aLongUploadAndASlowDownloadComplete() throws Exception {
		int size = Integer.getInteger("move.megabytes", 30) << 20;
		long rate = Long.getLong("move.rate", 10 << 20);
		try (Generations generations = new Generations(Sample.application())) {
			generations.prepare();
			Instance v1 = generations.incumbent();
			try (Echo upload = new Echo(v1.port(), size, rate, Long.MAX_VALUE);
					Echo download = new Echo(v1.port(), size, Long.MAX_VALUE, rate)) {
				upload.awaitProgress(size / 30);
				download.awaitProgress(size / 30);
				v1.quit();
				v1.awaitLog("accepts no more and drains");
				assertThat(upload.isUnderWay()).as("upload when the drain began").isTrue();
				assertThat(download.isUnderWay()).as("download when the drain began").isTrue();
				assertThat(upload.isIntact()).isTrue();
				assertThat(download.isIntact()).isTrue();
				generations.awaitReplaced();
				// The connection is in use again, by the other process.
				assertThat(upload.raw.get("/").pid()).isEqualTo(generations.incumbent().pid());
				assertThat(download.raw.get("/").pid()).isEqualTo(generations.incumbent().pid());
				v1.awaitLog("2 request\\(s\\) finished, 0 cut; 2 connection\\(s\\) handed over");
			}
		}
	}

	static String get(String path) {
		return "GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n";
	}

	/**
	 * Many clients, each with a connection of its own, that do the same thing again and
	 * again.
	 */
	private static final class Clients {

		private final Instance server;

		private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
			Thread thread = new Thread(task);
			thread.setDaemon(true);
			return thread;
		});

		private final List<Client> clients = new ArrayList<>();

		private final List<CompletableFuture<Void>> running = new ArrayList<>();

		private volatile boolean stop;

		Clients(Instance server) {
			this.server = server;
		}

		void run(int count, Consumer<Client> what) {
			for (int i = 0; i < count; i++) {
				Client client = new Client(this.server.port(), this.clients.size());
				this.clients.add(client);
				this.running.add(CompletableFuture.runAsync(() -> {
					while (!this.stop) {
						what.accept(client);
					}
					while (client.ahead-- > 0) {
						client.expect(200, "\"pid\"");
					}
				}, this.threads));
			}
		}

		int count() {
			return this.clients.size();
		}

		void awaitAnswers(long pid) {
			Await.until("answers to all clients by " + pid,
					() -> failed() || this.clients.stream().allMatch((client) -> client.pid == pid));
		}

		private boolean failed() {
			return this.running.stream().anyMatch(CompletableFuture::isCompletedExceptionally);
		}

		void finish() {
			this.stop = true;
			for (CompletableFuture<Void> client : this.running) {
				client.orTimeout(60, TimeUnit.SECONDS).join();
			}
			this.clients.forEach((client) -> client.raw.close());
			this.threads.shutdown();
		}

		List<Long> pids() {
			return this.clients.stream().flatMap((client) -> client.pids.stream()).distinct().toList();
		}

	}

	private static final class Client {

		private final RawClient raw;

		private final Random random;

		private final List<Long> pids = new ArrayList<>();

		private volatile long pid;

		private int ahead;

		Client(int port, int seed) {
			this.raw = RawClient.plain(port);
			this.random = new Random(seed);
		}

		void expect(int status, String body) {
			RawClient.Response response = this.raw.read();
			assertThat(response.status()).isEqualTo(status);
			assertThat(response.body()).contains(body);
			assertThat(response.announcesClose()).isFalse();
			this.pid = response.pid();
			if (!this.pids.contains(this.pid)) {
				this.pids.add(this.pid);
			}
		}

	}

	/**
	 * A body that goes to the server and comes back, each at a pace of its own.
	 */
	private static final class Echo implements AutoCloseable {

		private final RawClient raw;

		private final CompletableFuture<Void> sent;

		private final CompletableFuture<Boolean> received;

		private volatile long progress;

		Echo(int port, int size, long sendRate, long receiveRate) {
			this.raw = RawClient.plain(port);
			this.sent = CompletableFuture.runAsync(() -> send(size, sendRate), (task) -> new Thread(task).start());
			this.received = CompletableFuture.supplyAsync(() -> receive(size, receiveRate),
					(task) -> new Thread(task).start());
		}

		private void send(int size, long rate) {
			this.raw.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Type: application/octet-stream\r\n"
					+ "Content-Length: " + size + "\r\n\r\n");
			byte[] part = new byte[8192];
			long start = System.nanoTime();
			Random random = new Random(size);
			for (int i = 0; i < size; i += part.length) {
				random.nextBytes(part);
				this.raw.send(part, 0, Math.min(part.length, size - i));
				keepPace(start, i, rate);
			}
		}

		private boolean receive(int size, long rate) {
			long start = System.nanoTime();
			Random random = new Random(size);
			byte[] expected = new byte[8192];
			int[] next = { expected.length };
			long[] count = { 0 };
			try {
				this.raw.readHead().readBody((b) -> {
					if (next[0] == expected.length) {
						random.nextBytes(expected);
						next[0] = 0;
						this.progress = count[0];
						keepPace(start, count[0], rate);
					}
					if (expected[next[0]++] != (byte) b) {
						throw new UncheckedIOException(new IOException("Another byte at " + count[0]));
					}
					count[0]++;
				});
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			return count[0] == size;
		}

		private static void keepPace(long start, long bytes, long rate) {
			if (rate != Long.MAX_VALUE) {
				long ahead = bytes * 1000 / rate - (System.nanoTime() - start) / 1_000_000;
				if (ahead > 5) {
					Await.pause(ahead);
				}
			}
		}

		void awaitProgress(long bytes) {
			Await.until("progress", () -> this.progress >= bytes || this.received.isDone());
		}

		boolean isUnderWay() {
			return !this.received.isDone();
		}

		boolean isIntact() throws Exception {
			this.sent.get(60, TimeUnit.SECONDS);
			return this.received.get(60, TimeUnit.SECONDS);
		}

		@Override
		public void close() {
			this.raw.close();
		}

	}

}
