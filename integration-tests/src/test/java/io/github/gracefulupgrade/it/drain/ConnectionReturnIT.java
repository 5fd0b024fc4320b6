package io.github.gracefulupgrade.it.drain;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

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
