package io.github.gracefulupgrade.it.drain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Connections that the successor cannot take, or does not live to take, or should not be
 * given any more, stay where they are, and work.
 */
@Tag("long")
class ConnectionReturnIT {

	private static final int COUNT = 400;

	@Test
	void aSuccessorOutOfDescriptorsTakesWhatItCan() {
		Program.findOrSkip("prlimit", "util-linux");
		Application app = Sample.application();
		try (Instance v1 = app.start().awaitServing()) {
			List<RawClient> clients = connect(v1, COUNT);
			// Enough for itself, with what it keeps in reserve, and for some of the
			// connections.
			int limit = v1.openDescriptors().size() - COUNT / 4;
			try (Instance v2 = app.prefix("prlimit", "--nofile=" + limit + ":" + limit).successor().start()) {
				v2.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
				v1.quit();
				v1.awaitLog("accepts no more");
				int moved = 0;
				for (RawClient client : clients) {
					// Until then it may be answered by the incumbent, and move
					// afterwards.
					RawClient.Response response = client.get("/");
					long deadline = System.nanoTime() + Instance.PATIENCE.toNanos();
					while (response.pid() == v1.pid() && !response.announcesClose()) {
						assertThat(System.nanoTime() - deadline).as("neither moved nor told to go").isNegative();
						response = client.get("/");
					}
					if (response.pid() == v2.pid()) {
						assertThat(response.announcesClose()).isFalse();
						moved++;
					}
					else {
						assertThat(client.isEnded()).isTrue();
					}
				}
				assertThat(moved).isBetween(1, COUNT - 1);
				assertThat(v1.awaitExit()).isZero();
				v1.awaitLog("0 cut; %d connection\\(s\\) handed over, %d closed after a response".formatted(moved,
						COUNT - moved));
				assertThat(v2.log()).noneMatch((line) -> line.contains("Too many open files"));
			}
			clients.forEach(RawClient::close);
		}
	}

	@Test
	void whatADeadSuccessorHasNotAcknowledgedIsServedByTheIncumbent() {
		// Long enough for the successor to be stopped before anything moves.
		Application app = Sample.application().args("--pingora.close-timeout=3s");
		try (Instance v1 = app.start().awaitServing()) {
			List<RawClient> clients = connect(v1, COUNT);
			try (Instance v2 = app.successor().start()) {
				v2.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
				v1.quit();
				v1.awaitLog("Handed over");
				v2.suspend();
				v1.awaitLog("accepts no more");
				// Some are sent, and lie in the socket; the rest waits.
				Await.until("an incumbent that listens to no connection", () -> polled(v1) < COUNT / 4);
				v2.kill();
			}
			v1.awaitLog("owns the listeners again and accepts again");
			for (RawClient client : clients) {
				RawClient.Response response = client.get("/");
				assertThat(response.pid()).isEqualTo(v1.pid());
				assertThat(response.announcesClose()).isFalse();
			}
			// And can be handed over to one that lives.
			try (Upgrade upgrade = Upgrade.of(v1).to(app).perform()) {
				for (RawClient client : clients) {
					assertThat(client.get("/").pid()).isEqualTo(upgrade.successor().pid());
					client.close();
				}
				assertThat(upgrade.exitCode()).isZero();
			}
		}
	}

	/**
	 * How many descriptors a process waits for.
	 */
	private static long polled(Instance instance) {
		try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + instance.pid() + "/fdinfo"))) {
			long count = 0;
			for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
				try (Stream<String> lines = Files.lines(descriptor)) {
					count += lines.filter((line) -> line.startsWith("tfd:")).count();
				}
				catch (IOException | UncheckedIOException ex) {
					// Closed since it was listed.
				}
			}
			return count;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void threeGenerationsAtOnceLoseNothing() {
		Application app = Sample.application().args("--pingora.grace-period=60s");
		try (Instance v1 = app.start().awaitServing()) {
			List<RawClient> first = connect(v1, 20);
			first.forEach(ConnectionReturnIT::begin);
			List<RawClient> idle = connect(v1, 20);
			try (Instance v2 = upgrade(v1, app)) {
				List<RawClient> second = connect(v2, 20);
				second.forEach(ConnectionReturnIT::begin);
				try (Instance v3 = upgrade(v2, app)) {
					v1.awaitLog("has been replaced itself");
					second.forEach(ConnectionReturnIT::finish);
					second.forEach((client) -> assertThat(client.get("/").pid()).isEqualTo(v3.pid()));
					assertThat(v2.awaitExit()).isZero();
					first.forEach(ConnectionReturnIT::finish);
					for (RawClient client : first) {
						// Nobody takes it any more: this is its last answer.
						RawClient.Response last = client.get("/");
						assertThat(last.pid()).isEqualTo(v1.pid());
						assertThat(last.announcesClose()).isTrue();
						assertThat(client.isEnded()).isTrue();
					}
					assertThat(v1.awaitExit()).isZero();
					idle.forEach((client) -> assertThat(client.get("/").pid()).isEqualTo(v3.pid()));
				}
			}
		}
	}

	/** A request that lasts for as long as its client likes. */
	private static void begin(RawClient client) {
		client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbe")
			.readHead();
	}

	private static void finish(RawClient client) {
		assertThat(client.send("gi").readBody().body()).isEqualTo("begi");
	}

	private static Instance upgrade(Instance incumbent, Application app) {
		Instance successor = app.successor().start();
		successor.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
		incumbent.quit();
		incumbent.awaitLog(Pattern.compile("accepts no more"), Instance.PATIENCE);
		return successor;
	}

	private static List<RawClient> connect(Instance instance, int count) {
		List<RawClient> clients = IntStream.range(0, count).mapToObj((i) -> RawClient.plain(instance.port())).toList();
		clients.forEach((client) -> assertThat(client.get("/").pid()).isEqualTo(instance.pid()));
		return clients;
	}

}
