package io.github.gracefulupgrade.test;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.gracefulupgrade.test.RudeServer.Manners;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class LoadTests {

	private static final String HEAD = "HTTP/1.1 200 OK\r\nX-Pid: 42\r\n";

	static Stream<Arguments> rudeness() {
		return Stream.of(rude("resets the connection", Outcome.RESET, (socket, request) -> RudeServer.reset(socket)),
				rude("closes the connection", Outcome.CLOSED, (socket, request) -> false),
				rude("closes within the head", Outcome.CUT,
						(socket, request) -> !RudeServer.write(socket, "HTTP/1.1 200 O")),
				rude("closes within the body", Outcome.CUT,
						(socket, request) -> !RudeServer.write(socket, HEAD + "Content-Length: 100\r\n\r\nhello")),
				rude("resets within the body", Outcome.CUT, (socket, request) -> {
					RudeServer.write(socket, HEAD + "Content-Length: 100\r\n\r\nhello");
					return RudeServer.reset(socket);
				}),
				rude("closes between chunks", Outcome.CUT,
						(socket, request) -> !RudeServer.write(socket,
								HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")),
				rude("closes before the end of the last chunk", Outcome.CUT,
						(socket, request) -> !RudeServer.write(socket,
								HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")),
				rude("says 100 and closes", Outcome.CUT,
						(socket, request) -> !RudeServer.write(socket, "HTTP/1.1 100 Continue\r\n\r\n")),
				rude("says nothing", Outcome.TIMED_OUT, (socket, request) -> true),
				rude("falls silent within the body", Outcome.TIMED_OUT,
						(socket, request) -> RudeServer.write(socket, HEAD + "Content-Length: 100\r\n\r\nhello")),
				rude("says that it is down", Outcome.BAD_STATUS,
						(socket, request) -> RudeServer.write(socket,
								"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")),
				rude("does not find anything", Outcome.BAD_STATUS,
						(socket, request) -> RudeServer.write(socket,
								"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")),
				rude("speaks no HTTP", Outcome.GARBLED, (socket, request) -> RudeServer.write(socket, "hello\r\n")),
				rude("miscounts a chunk", Outcome.GARBLED,
						(socket, request) -> RudeServer.write(socket,
								HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello, world\r\n0\r\n\r\n")),
				rude("has a length that is none", Outcome.GARBLED,
						(socket, request) -> RudeServer.write(socket, HEAD + "Content-Length: many\r\n\r\n")));
	}

	private static Arguments rude(String name, Outcome outcome, Manners manners) {
		return arguments(name, outcome, manners);
	}

	@ParameterizedTest(name = "{0}: {1}")
	@MethodSource("rudeness")
	void lossOnKeptConnectionIsSeen(String name, Outcome outcome, Manners manners) {
		theFourthRequestIsLost(ConnectionKind.KEEP_ALIVE, outcome, manners);
	}

	@ParameterizedTest(name = "{0}: {1}")
	@MethodSource("rudeness")
	void lossOnFreshConnectionIsSeen(String name, Outcome outcome, Manners manners) {
		theFourthRequestIsLost(ConnectionKind.FRESH, outcome, manners);
	}

	private void theFourthRequestIsLost(ConnectionKind kind, Outcome outcome, Manners manners) {
		try (RudeServer server = RudeServer.rudeTo(4, manners);
				Load load = one(kind, server.port()).timeout(Duration.ofMillis(300)).start()) {
			load.awaitAnswers(6);
			LoadReport report = load.stop();
			assertThat(report.failures()).singleElement().satisfies((fate) -> {
				assertThat(fate.outcome()).isEqualTo(outcome);
				assertThat(fate.kind()).isEqualTo(kind);
			});
			assertThat(report.lost()).isEqualTo(report.failures());
			assertThat(report.fates().indexOf(report.lost().get(0))).isEqualTo(3);
			assertThat(report.fates()).as("no request is retried").hasSize(server.requests());
			assertThatExceptionOfType(AssertionError.class).isThrownBy(report::assertNothingLost)
				.withMessageStartingWith("1 of %d requests were lost, 0 refused", server.requests())
				.withMessageContaining(kind + " connection")
				.withMessageContaining(outcome.toString());
		}
	}

	@ParameterizedTest
	@EnumSource
	void refusedConnectionIsSeen(ConnectionKind kind) {
		RudeServer server = new RudeServer((socket, request) -> RudeServer.write(socket, RudeServer.GOOD));
		try (server; Load load = one(kind, server.port()).start()) {
			load.awaitAnswers(3);
			server.close();
			load.awaitRefused(1);
			LoadReport report = load.stop();
			assertThat(report.refused()).allSatisfy((fate) -> assertThat(fate.outcome()).isEqualTo(Outcome.REFUSED));
			assertThat(report.lost()).doesNotContainAnyElementsOf(report.refused());
			assertThatExceptionOfType(AssertionError.class).isThrownBy(report::assertNothingLost);
		}
	}

	@Test
	void answerThatNoRequestAskedForIsSeen() {
		try (RudeServer server = RudeServer.rudeTo(2,
				(socket, request) -> RudeServer.write(socket, RudeServer.GOOD + RudeServer.GOOD));
				Load load = one(ConnectionKind.KEEP_ALIVE, server.port()).start()) {
			load.awaitAnswers(5);
			assertThat(load.stop().failures()).singleElement()
				.satisfies((fate) -> assertThat(fate.outcome()).isEqualTo(Outcome.GARBLED));
		}
	}

	@Test
	void announcedCloseIsNoLoss() {
		try (RudeServer server = RudeServer.rudeTo(4,
				(socket, request) -> !RudeServer.write(socket,
						HEAD + "Connection: close\r\nContent-Length: 0\r\n\r\n"));
				Load load = one(ConnectionKind.KEEP_ALIVE, server.port()).start()) {
			load.awaitAnswers(6);
			LoadReport report = load.stop().assertNothingLost();
			assertThat(report.reconnects()).singleElement()
				.satisfies((reconnect) -> assertThat(reconnect.announced()).isTrue());
			assertThat(report.unannouncedCloses()).isZero();
			assertThat(server.connections()).isEqualTo(2);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void silentCloseBetweenRequestsIsNoLossButCounted(boolean reset) {
		try (RudeServer server = RudeServer.rudeTo(4, (socket, request) -> {
			RudeServer.write(socket, RudeServer.GOOD);
			return reset && RudeServer.reset(socket);
		}); Load load = one(ConnectionKind.KEEP_ALIVE, server.port()).thinkTime(Duration.ofMillis(50)).start()) {
			load.awaitAnswers(6);
			LoadReport report = load.stop().assertNothingLost();
			assertThat(report.unannouncedCloses()).isOne();
			assertThat(report.reconnects()).singleElement()
				.satisfies(
						(reconnect) -> assertThat(reconnect.at()).as("seen when it happened, not at the next request")
							.isLessThan(report.fates().get(4).startedAt() - Duration.ofMillis(20).toNanos()));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = {
			"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + RudeServer.GOOD,
			HEAD + "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
			"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 17\r\n\r\n",
			"HTTP/1.1 200\r\ncontent-length:0\r\n\r\n" })
	void everyGoodFormOfAnAnswerIsUnderstood(String answer) {
		try (RudeServer server = RudeServer.rudeTo(2, (socket, request) -> RudeServer.write(socket, answer));
				Load load = one(ConnectionKind.KEEP_ALIVE, server.port()).start()) {
			load.awaitAnswers(4);
			assertThat(load.stop().assertNothingLost().reconnects()).isEmpty();
			assertThat(server.connections()).isOne();
		}
	}

	@Test
	void bodyThatEndsWithTheConnectionIsAnAnswer() {
		try (RudeServer server = RudeServer.rudeTo(2,
				(socket, request) -> !RudeServer.write(socket, HEAD + "\r\nhello"));
				Load load = one(ConnectionKind.KEEP_ALIVE, server.port()).start()) {
			load.awaitAnswers(4);
			assertThat(load.stop().assertNothingLost().unannouncedCloses()).isZero();
		}
	}

	@Test
	void freshConnectionServesOneRequestAndKeptOneMany() {
		try (RudeServer server = new RudeServer((socket, request) -> RudeServer.write(socket, RudeServer.GOOD));
				Load load = Load.on(server.port()).keepAlive(3).fresh(2).rate(500).start()) {
			load.awaitAnswers(100);
			LoadReport report = load.stop().assertNothingLost();
			long fresh = report.fates().stream().filter((fate) -> fate.kind() == ConnectionKind.FRESH).count();
			assertThat(fresh).isPositive();
			assertThat(server.connections()).isEqualTo((int) fresh + 3);
			assertThat(report.answersByPid()).isEqualTo(Map.of(42L, server.requests()));
			assertThat(report.latency().count()).isEqualTo(server.requests());
		}
	}

	@Test
	void rateIsKept() {
		try (RudeServer server = new RudeServer((socket, request) -> RudeServer.write(socket, RudeServer.GOOD));
				Load load = Load.on(server.port()).keepAlive(4).fresh(0).rate(100).start()) {
			LoadReport report = load.awaitAnswers(101).stop();
			double seconds = (report.fates().get(100).endedAt() - report.fates().get(0).endedAt()) / 1e9;
			assertThat(seconds).isBetween(0.9, 1.5);
		}
	}

	@Test
	void requestUnderWayIsWaitedForWhenTheLoadStops() {
		try (RudeServer server = new RudeServer((socket, request) -> {
			pause(200);
			return RudeServer.write(socket, RudeServer.GOOD);
		}); Load load = one(ConnectionKind.KEEP_ALIVE, server.port()).start()) {
			long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
			while (server.requests() == 0) {
				assertThat(System.nanoTime() - deadline).isNegative();
				Thread.onSpinWait();
			}
			assertThat(load.stop().assertNothingLost().fates()).hasSize(1);
		}
	}

	@Test
	void waitForAnswersThatDoNotComeIsBounded() {
		int port = Instance.freePort();
		try (Load load = one(ConnectionKind.FRESH, port).start()) {
			assertThatExceptionOfType(AssertionError.class)
				.isThrownBy(() -> load.awaitAnswers(1, Duration.ofMillis(100)))
				.withMessageContaining("Waited 0.1 s in vain for 1 further answers");
		}
	}

	private static Load.Builder one(ConnectionKind kind, int port) {
		boolean keep = kind == ConnectionKind.KEEP_ALIVE;
		return Load.on(port).keepAlive(keep ? 1 : 0).fresh(keep ? 0 : 1).thinkTime(Duration.ofMillis(2));
	}

	private static void pause(long millis) {
		try {
			Thread.sleep(millis);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
