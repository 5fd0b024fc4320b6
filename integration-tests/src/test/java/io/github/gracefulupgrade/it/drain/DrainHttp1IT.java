package io.github.gracefulupgrade.it.drain;

import java.time.Duration;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * HTTP/1.1 connections that cannot be handed over, or are not to be, end with a response
 * that announces it, and in no other way.
 */
@Tag("long")
class DrainHttp1IT {

	@ParameterizedTest
	@ValueSource(strings = { "behind TLS", "behind TLS, with HTTP/2 to choose", "handover switched off" })
	void connectionsThatStayEndWithAnAnnouncement(String how) {
		boolean tls = how.contains("TLS");
		Application app = (tls ? Sample.tls() : Sample.application())
			.args("--pingora.grace-period=3s", "--pingora.connection-handover=" + tls,
					"--server.http2.enabled=" + how.contains("HTTP/2"))
			.jvmOptions(Sample.ALWAYS_READS_ON);
		try (Instance v1 = app.start().awaitServing();
				KeepAliveClients clients = new KeepAliveClients(
						() -> tls ? RawClient.tls(v1.port()) : RawClient.plain(v1.port()), 16, 1, "/", "/slow?ms=20",
						"/stream?count=3&interval=5")
					.awaitAnswers(v1.pid(), 200);
				RawClient idle = tls ? RawClient.tls(v1.port()) : RawClient.plain(v1.port());
				RawClient silent = tls ? RawClient.tls(v1.port()) : RawClient.plain(v1.port());
				RawClient streaming = tls ? RawClient.tls(v1.port()) : RawClient.plain(v1.port())) {
			assertThat(idle.get("/").pid()).isEqualTo(v1.pid());
			streaming.send("GET /stream?count=8&interval=150 HTTP/1.1\r\nHost: test\r\n\r\n").readHead();
			Instance v2 = app.successor().start();
			try (v2) {
				v2.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
				v1.quit();
				clients.awaitAnswers(v2.pid(), 200).stop();
				assertThat(clients.failures()).isEmpty();
				assertThat(clients.announced()).isEqualTo(16);
				// Its head was on its way when the drain began: nothing could be
				// announced.
				RawClient.Response stream = streaming.readBody();
				assertThat(stream.body()).contains("data:7");
				assertThat(stream.announcesClose()).isFalse();
				// Idle, it waited for this request.
				RawClient.Response last = idle.get("/");
				assertThat(last.pid()).isEqualTo(v1.pid());
				assertThat(last.announcesClose()).isTrue();
				assertThat(idle.isEnded()).isTrue();
				assertThat(v1.awaitExit()).isZero();
				assertThat(streaming.isEnded()).isTrue();
				assertThat(silent.isEnded()).isTrue();
				v1.awaitLog(
						"request\\(s\\) finished, 0 cut; 0 connection\\(s\\) handed over, 17 closed after a response");
			}
		}
	}

	@Test
	void whatCannotFinishIsCutAtTheEndAndCounted() {
		Application app = Sample.application().args("--pingora.grace-period=2s");
		try (Instance v1 = app.start().awaitServing(); RawClient stream = RawClient.plain(v1.port())) {
			stream.send("GET /stream?count=1000&interval=50 HTTP/1.1\r\nHost: test\r\n\r\n").readHead();
			try (Upgrade upgrade = Upgrade.of(v1).to(app).perform()) {
				assertThat(upgrade.exitCode()).isZero();
				v1.awaitLog("0 request\\(s\\) finished, 1 cut");
				assertThat(Duration.ofNanos(upgrade.exitedAt() - upgrade.signalledAt()))
					.isGreaterThan(Duration.ofSeconds(2));
			}
		}
	}

	@Test
	void sigtermClosesWhatIsIdleAndLetsTheRestFinish() {
		for (boolean tls : new boolean[] { false, true }) {
			Application app = tls ? Sample.tls() : Sample.application();
			try (Instance v1 = app.start().awaitServing();
					RawClient idle = tls ? RawClient.tls(v1.port()) : RawClient.plain(v1.port());
					RawClient silent = tls ? RawClient.tls(v1.port()) : RawClient.plain(v1.port());
					RawClient running = tls ? RawClient.tls(v1.port()) : RawClient.plain(v1.port());
					RawClient half = tls ? RawClient.tls(v1.port()) : RawClient.plain(v1.port())) {
				idle.get("/");
				half.get("/");
				half.send("GET / HTTP/1.1\r\n");
				running.send("GET /slow?ms=1500 HTTP/1.1\r\nHost: test\r\n\r\n");
				Await.pause(200);
				v1.terminate();
				assertThat(idle.isEnded()).isTrue();
				assertThat(silent.isEnded()).isTrue();
				half.send("Host: test\r\n\r\n");
				RawClient.Response second = half.read();
				assertThat(second.status()).isEqualTo(200);
				assertThat(second.announcesClose()).isTrue();
				RawClient.Response slow = running.read();
				assertThat(slow.status()).isEqualTo(200);
				assertThat(slow.announcesClose()).isTrue();
				assertThat(running.isEnded()).isTrue();
				assertThat(v1.awaitExit()).isEqualTo(128 + 15);
			}
		}
	}

}
