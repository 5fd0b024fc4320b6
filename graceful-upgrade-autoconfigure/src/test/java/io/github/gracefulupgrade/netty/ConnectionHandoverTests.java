package io.github.gracefulupgrade.netty;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.gracefulupgrade.handover.Connections.Drained;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Real sockets and a real HTTP server, and processes that are none. What is held here:
 * whatever a client sends, in whatever pieces, each request is given to the application
 * once, by one of the two processes, and answered once, in order, on the one connection
 * that the client has.
 */
class ConnectionHandoverTests {

	private static final Duration GRACE = Duration.ofSeconds(30);

	private final Recorded application = new Recorded();

	@ParameterizedTest(name = "over {0} ms, looking at all: {1}")
	@CsvSource({ "0, false", "100, false", "0, true" })
	void everyRequestIsAnsweredOnceAndInOrderHoweverItIsCutIntoPieces(long over, boolean lookAtAll) {
		long seed = Long.getLong("test.seed", 20260101);
		int clients = Integer.getInteger("test.clients", 24);
		int handovers = Integer.getInteger("test.handovers", 15);
		AtomicBoolean stop = new AtomicBoolean();
		Set<String> sent = ConcurrentHashMap.newKeySet();
		SimulatedProcess process = SimulatedProcess.cold(this.application.in("p0"), Duration.ofMillis(over),
				lookAtAll ? ExchangeStates.unknown() : ExchangeStates.ofThisVersion());
		List<SimulatedProcess> processes = new ArrayList<>(List.of(process));
		Random random = new Random(seed);
		List<CompletableFuture<Void>> running = new ArrayList<>();
		try {
			for (int i = 0; i < clients; i++) {
				Conversation conversation = new Conversation(process, "c" + i, random.nextLong(), stop, sent);
				running.add(conversation.start());
			}
			for (int i = 1; i <= handovers || !running.stream().allMatch(CompletableFuture::isDone); i++) {
				stop.set(i >= handovers);
				pause(random.nextInt(60));
				SimulatedProcess successor = process.successor(this.application.in("p" + i));
				processes.add(successor);
				Drained drained = SimulatedProcess.get(process.drainInto(successor, GRACE));
				assertThat(drained.cut()).as("cut in handover %d of seed %d", i, seed).isZero();
				assertThat(drained.announced()).isZero();
				assertThat(process.connections().progress().connections()).isZero();
				process = successor;
			}
			running.forEach(SimulatedProcess::get);
		}
		finally {
			stop.set(true);
			processes.forEach(SimulatedProcess::close);
		}
		assertThat(new TreeSet<>(this.application.requests().keySet())).isEqualTo(new TreeSet<>(sent));
		assertThat(this.application.requests().values()).containsOnly(1);
	}

	@Test
	void whatComesBackIsDrainedHere() {
		try (SimulatedProcess process = SimulatedProcess.cold(this.application.in("old"));
				SimulatedProcess successor = process.successor(this.application.in("new"));
				RawClient client = new RawClient(process.address())) {
			client.get("/quick/1");
			CompletableFuture<Drained> first = process.drainInto(successor, GRACE, (connection) -> {
				process.connections().stopHandingOver();
				process.connections().takeBack(connection);
			});
			// The first may be answered before the drain looks at the connection.
			RawClient.Response last = client.get("/quick/2");
			for (int i = 3; i < 100 && !last.announcesClose(); i++) {
				last = client.get("/quick/" + i);
			}
			assertThat(last.process()).isEqualTo("old");
			assertThat(last.announcesClose()).isTrue();
			assertThat(client.isEnded()).isTrue();
			client.close();
			Drained drained = SimulatedProcess.get(first);
			assertThat(drained.announced()).isEqualTo(1);
			assertThat(drained.handedOver()).isZero();
		}
	}

	@Test
	void eachConnectionMovesAtAMomentOfItsOwn() {
		int count = 20;
		List<RawClient> clients = new ArrayList<>();
		try (SimulatedProcess process = SimulatedProcess.gradual(this.application.in("old"), Duration.ofSeconds(6));
				SimulatedProcess successor = process.successor(this.application.in("new"))) {
			for (int i = 0; i < count; i++) {
				clients.add(new RawClient(process.address()));
				clients.get(i).get("/quick/" + i);
			}
			process.drainInto(successor, GRACE);
			// One after the other, while the others are served on.
			int moved = 0;
			for (int round = 1; moved < 4; round++) {
				moved = 0;
				for (int i = 0; i < count; i++) {
					RawClient.Response response = clients.get(i).get("/quick/" + i + "/" + round);
					assertThat(response.announcesClose()).isFalse();
					moved += response.process().equals("new") ? 1 : 0;
				}
			}
			assertThat(moved).isLessThan(count);
			process.connections().cancelDrain();
			process.listeners().resume();
			long stayed = clients.stream()
				.filter((client) -> client.get("/quick/" + client.port()).process().equals("old"))
				.count();
			assertThat(stayed).isPositive();
			assertThat(process.connections().progress().connections()).isEqualTo((int) stayed);
			// Nothing is left of the moments of before.
			CompletableFuture<Drained> again = process.drainInto(successor, Duration.ofMillis(300));
			assertThat(SimulatedProcess.get(again).handedOver()).isEqualTo(stayed);
			clients
				.forEach((client) -> assertThat(client.get("/quick/last/" + client.port()).process()).isEqualTo("new"));
		}
		finally {
			clients.forEach(RawClient::close);
		}
	}

	@Test
	void whatIsNotHandedOverAfterAllIsAnnouncedToCloseBeforeItsMoment() {
		try (SimulatedProcess process = SimulatedProcess.gradual(this.application.in("old"), Duration.ofSeconds(15));
				SimulatedProcess successor = process.successor(this.application.in("new"));
				RawClient one = new RawClient(process.address());
				RawClient other = new RawClient(process.address())) {
			one.get("/quick/1");
			other.get("/quick/2");
			CompletableFuture<Drained> drained = process.drainInto(successor, GRACE);
			process.connections().stopHandingOver();
			int announced = 0;
			for (RawClient client : List.of(one, other)) {
				// The first may be answered before the drain looks at the connection.
				RawClient.Response response = client.get("/quick/" + client.port());
				for (int i = 0; i < 100 && !response.announcesClose() && response.process().equals("old"); i++) {
					response = client.get("/quick/" + client.port() + "/" + i);
				}
				announced += response.announcesClose() ? 1 : 0;
				client.close();
			}
			// The first moment is the drain's first, too.
			assertThat(announced).isGreaterThanOrEqualTo(1);
			assertThat(SimulatedProcess.get(drained).announced()).isEqualTo(announced);
		}
	}

	/**
	 * The drain is called off while the connection is on its way back to an event loop.
	 */
	@Test
	void whatCameBackMovesInTheNextDrain() {
		try (SimulatedProcess process = SimulatedProcess.cold(this.application.in("old"));
				SimulatedProcess successor = process.successor(this.application.in("new"));
				RawClient client = new RawClient(process.address())) {
			client.get("/quick/1");
			CompletableFuture<Void> calledOff = new CompletableFuture<>();
			process.drainInto(successor, GRACE, (connection) -> {
				process.connections().stopHandingOver();
				process.connections().takeBack(connection);
				process.connections().cancelDrain();
				calledOff.complete(null);
			});
			SimulatedProcess.get(calledOff);
			RawClient.Response response = client.get("/quick/2");
			assertThat(response.process()).isEqualTo("old");
			assertThat(response.announcesClose()).isFalse();
			assertThat(SimulatedProcess.get(process.drainInto(successor, GRACE)).handedOver()).isEqualTo(1);
			assertThat(client.get("/quick/3").process()).isEqualTo("new");
		}
	}

	@Test
	void aDrainThatIsCalledOffLeavesNothingBehind() {
		try (SimulatedProcess process = SimulatedProcess.cold(this.application.in("old"));
				SimulatedProcess successor = process.successor(this.application.in("new"));
				RawClient half = new RawClient(process.address());
				RawClient slow = new RawClient(process.address());
				RawClient early = new RawClient(process.address())) {
			half.send("GET /quick/1 HTTP/1.1\r\n");
			slow.send("GET /slow/1/400 HTTP/1.1\r\nHost: test\r\n\r\n");
			early.send("POST /early/1 HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nab").read();
			awaitRequests(2);
			process.drainInto(successor, GRACE);
			pause(50);
			process.connections().cancelDrain();
			assertThat(slow.read().process()).isEqualTo("old");
			half.send("Host: test\r\n\r\n");
			assertThat(half.read().announcesClose()).isFalse();
			early.send("cd");
			for (RawClient client : List.of(half, slow, early)) {
				RawClient.Response response = client.get("/quick/" + client.port());
				assertThat(response.process()).isEqualTo("old");
				assertThat(response.announcesClose()).isFalse();
			}
			// As if there had been none: all can be handed over.
			Drained drained = SimulatedProcess.get(process.drainInto(successor, GRACE));
			assertThat(drained.handedOver()).isEqualTo(3);
			for (RawClient client : List.of(half, slow, early)) {
				assertThat(client.get("/quick/again" + client.port()).process()).isEqualTo("new");
			}
		}
	}

	private void awaitRequests(int count) {
		await().atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(this.application.requests()).hasSizeGreaterThanOrEqualTo(count));
	}

	static void pause(int millis) {
		try {
			Thread.sleep(millis);
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	/**
	 * A client that sends random requests in random pieces, and reads what comes.
	 */
	private static final class Conversation {

		private static final String TRAP = "GET /smuggled/%s HTTP/1.1\r\nHost: trap\r\n\r\n";

		private final String name;

		private final Random random;

		private final AtomicBoolean stop;

		private final Set<String> sent;

		private final RawClient client;

		private final Queue<Expected> expected = new ConcurrentLinkedQueue<>();

		private int number;

		Conversation(SimulatedProcess process, String name, long seed, AtomicBoolean stop, Set<String> sent) {
			this.client = new RawClient(process.address());
			this.name = name;
			this.random = new Random(seed);
			this.stop = stop;
			this.sent = sent;
		}

		CompletableFuture<Void> start() {
			CompletableFuture<Void> written = new CompletableFuture<>();
			CompletableFuture<Void> read = new CompletableFuture<>();
			thread(written, this::write);
			thread(read, () -> read(written));
			return CompletableFuture.allOf(written, read).whenComplete((nothing, failure) -> this.client.close());
		}

		private void thread(CompletableFuture<Void> done, Runnable work) {
			Thread thread = new Thread(() -> {
				try {
					work.run();
					done.complete(null);
				}
				catch (Throwable ex) {
					this.stop.set(true);
					done.completeExceptionally(new AssertionError("Client " + this.name, ex));
				}
			});
			thread.setDaemon(true);
			thread.start();
		}

		private void write() {
			while (!this.stop.get()) {
				StringBuilder burst = new StringBuilder();
				for (int i = this.random.nextInt(4); i >= 0; i--) {
					burst.append(request());
				}
				byte[] bytes = burst.toString().getBytes(StandardCharsets.ISO_8859_1);
				boolean byteByByte = this.random.nextInt(20) == 0;
				int longest = this.random.nextInt(3) == 0 ? bytes.length : 1 + this.random.nextInt(80);
				for (int i = 0; i < bytes.length;) {
					int length = byteByByte ? 1 : Math.min(1 + this.random.nextInt(longest), bytes.length - i);
					this.client.send(bytes, i, length);
					i += length;
					if (!byteByByte && this.random.nextInt(3) == 0) {
						pause(this.random.nextInt(4));
					}
				}
				if (this.random.nextBoolean()) {
					pause(this.random.nextInt(10));
				}
				while (this.expected.size() > 40 && !this.stop.get()) {
					pause(1);
				}
			}
		}

		private String request() {
			String id = this.name + "-" + this.number++;
			String trap = TRAP.formatted(id).repeat(1 + this.random.nextInt(3));
			int millis = this.random.nextInt(8);
			return switch (this.random.nextInt(8)) {
				case 0 -> get("/slow/" + id + "/" + millis, 200, "slow");
				case 1 -> get("/parts/" + id + "/" + millis, 200, "ppp");
				case 2 -> get("/empty/" + id, 204, "");
				case 3 -> post("/echo/" + id, trap, 200, trap);
				case 4 -> post("/mirror/" + id, trap, 200, trap);
				case 5 -> post("/early/" + id, trap, 405, "");
				default -> get("/quick/" + id, 200, "quick");
			};
		}

		private String get(String path, int status, String body) {
			expect(path, status, body);
			return "GET " + path + " HTTP/1.1\r\nHost: test\r\nX-Padding: " + "x".repeat(this.random.nextInt(100))
					+ "\r\n\r\n";
		}

		private String post(String path, String content, int status, String body) {
			expect(path, status, body);
			String head = "POST " + path + " HTTP/1.1\r\nHost: test\r\n";
			if (this.random.nextBoolean()) {
				return head + "Content-Length: " + content.length() + "\r\n\r\n" + content;
			}
			StringBuilder request = new StringBuilder(head + "Transfer-Encoding: chunked\r\n\r\n");
			for (int i = 0; i < content.length();) {
				int length = Math.min(1 + this.random.nextInt(content.length()), content.length() - i);
				request.append(Integer.toHexString(length))
					.append("\r\n")
					.append(content, i, i + length)
					.append("\r\n");
				i += length;
			}
			return request.append("0\r\n\r\n").toString();
		}

		private void expect(String path, int status, String body) {
			this.sent.add(path);
			this.expected.add(new Expected(path, status, body));
		}

		private void read(CompletableFuture<Void> written) {
			Queue<String> last = new ArrayDeque<>();
			while (!written.isDone() || !this.expected.isEmpty()) {
				Expected next = this.expected.peek();
				if (next == null) {
					pause(1);
					continue;
				}
				RawClient.Response response;
				try {
					response = this.client.read();
				}
				catch (RuntimeException ex) {
					throw new AssertionError("Waited for " + next + " after " + last, ex);
				}
				assertThat(response.request()).as("after %s", last).isEqualTo(next.path);
				assertThat(response.status()).isEqualTo(next.status);
				assertThat(response.body()).isEqualTo(next.body);
				assertThat(response.announcesClose()).isFalse();
				last.add(next.path + " by " + response.process());
				if (last.size() > 5) {
					last.remove();
				}
				this.expected.remove();
			}
		}

		private record Expected(String path, int status, String body) {
		}

	}

}
