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
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Connections that the successor cannot take, or does not live to take, or should not be
 * given any more, stay where they are, and work.
 */
class ConnectionReturnIT {

	private static final int COUNT = 400;

	@Test
	void aSuccessorOutOfDescriptorsTakesWhatItCan() {
		Application app = Sample.application();
		try (Instance v1 = app.start().awaitServing()) {
			List<RawClient> clients = connect(v1, COUNT);
			Instance v2 = app.prefix("prlimit", "--nofile=330:330").successor().start();
			try (v2) {
				v2.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
				int before = v2.openDescriptors().size();
				v1.quit();
				v1.awaitLog("accepts no more");
				Await.until("connections that moved", () -> v2.openDescriptors().size() > before + 10);
				int moved = 0;
				for (RawClient client : clients) {
					RawClient.Response response = client.get("/");
					if (response.pid() == v2.pid()) {
						moved++;
						assertThat(response.announcesClose()).isFalse();
					}
					else {
						assertThat(response.announcesClose()).isTrue();
						assertThat(client.isEnded()).isTrue();
					}
					client.close();
				}
				assertThat(moved).isBetween(1, COUNT - 1);
				assertThat(v1.awaitExit()).isZero();
				v1.awaitLog("0 cut; %d connection\\(s\\) handed over, %d closed after a response".formatted(moved,
						COUNT - moved));
				assertThat(v2.log()).noneMatch((line) -> line.contains("Too many open files"));
			}
		}
	}

	@Test
	void whatADeadSuccessorHasNotAcknowledgedIsServedByTheIncumbent() {
		Application app = Sample.application();
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

	@Test
	void threeGenerationsAtOnceLoseNothing() {
		Application app = Sample.application().jvmOptions(Sample.ALWAYS_READS_ON);
		try (Instance v1 = app.start().awaitServing()) {
			List<RawClient> first = connect(v1, 20);
			first.forEach((client) -> client.send("GET /stream?count=70&interval=100 HTTP/1.1\r\nHost: test\r\n\r\n"));
			first.forEach(RawClient::readHead);
			List<RawClient> idle = connect(v1, 20);
			Instance v2 = upgrade(v1, app);
			try (v2) {
				List<RawClient> second = connect(v2, 20);
				second.forEach(
						(client) -> client.send("GET /stream?count=50&interval=100 HTTP/1.1\r\nHost: test\r\n\r\n"));
				second.forEach(RawClient::readHead);
				Instance v3 = upgrade(v2, app);
				try (v3) {
					v1.awaitLog("has been replaced itself");
					second.forEach((client) -> assertThat(client.readBody().body()).contains("data:49"));
					second.forEach((client) -> assertThat(client.get("/").pid()).isEqualTo(v3.pid()));
					assertThat(v2.awaitExit()).isZero();
					first.forEach((client) -> assertThat(client.readBody().body()).contains("data:69"));
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
