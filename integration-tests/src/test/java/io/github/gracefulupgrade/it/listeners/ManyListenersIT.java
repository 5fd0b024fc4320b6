package io.github.gracefulupgrade.it.listeners;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import io.rsocket.RSocket;
import io.rsocket.core.RSocketConnector;
import io.rsocket.transport.netty.client.TcpClientTransport;
import io.rsocket.util.DefaultPayload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.gracefulupgrade.it.listeners.Listening.Listener;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.Upgrade;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Servers of every kind and address family, and what the application contributes itself.
 */
class ManyListenersIT {

	/** With Boot's two, that of plain HTTP and that of RSocket, a hundred. */
	private static final int LINES = 96;

	@Test
	void aHundredListenersAreHandedOverWhicheverContributorsFail(@TempDir Path folder) {
		int port = Instance.freePort();
		Application app = Listening.application(folder)
			.args("--server.port=" + port, "--server.address=::1", "--management.server.port=0",
					"--test.lines=" + LINES, "--test.contributors=true", "--pingora.state.timeout=2s");
		try (Instance v1 = Listening.serving(app.args("--test.version=1").start())) {
			int management = Listening.ports(v1).get(1);
			Map<String, Listener> before = Listening.listeners(management);
			assertThat(before).hasSize(LINES + 4)
				.allSatisfy((name, listener) -> assertThat(listener.origin()).isEqualTo("BOUND"));
			assertThat(before.get("server").host()).isEqualTo("[0:0:0:0:0:0:0:1]");
			assertThat(before.get("management").host()).isEqualTo("*");
			int raw = Integer.parseInt(v1.awaitLog("Raw server on port ([0-9]+)").group(1));
			assertAllAnswer(before, raw, v1);
			try (Load load = Load.on(new InetSocketAddress("::1", port)).keepAlive(2).fresh(2).rate(50).start();
					Load http = Load.on(before.get("http").port()).keepAlive(2).fresh(2).rate(50).start();
					Upgrade upgrade = Upgrade.of(v1).to(app.args("--test.version=2")).under(load).perform()) {
				Instance v2 = upgrade.successor();
				assertThat(upgrade.exitCode()).isZero();
				Map<String, Listener> after = Listening.listeners(management);
				assertThat(after.keySet()).containsExactlyInAnyOrderElementsOf(before.keySet());
				assertThat(after).allSatisfy((name, listener) -> assertThat(listener)
					.isEqualTo(new Listener(before.get(name).host(), before.get(name).port(), "INHERITED")));
				assertAllAnswer(after, raw, v2);
				load.awaitAnswers(v2, 20).stop().assertNothingLost();
				http.awaitAnswers(v2, 20).stop().assertNothingLost();
				assertContributionsAreNamed(v1, v2);
			}
		}
	}

	private static void assertAllAnswer(Map<String, Listener> listeners, int raw, Instance instance) {
		for (int i = 0; i < LINES; i++) {
			Listener listener = listeners.get("line-" + i);
			String host = listener.host().equals("*") ? ((i % 2 == 0) ? "127.0.0.1" : "::1")
					: listener.host().replace("[", "").replace("]", "");
			assertThat(Listening.line(host, listener.port())).isEqualTo("line-" + i + " " + instance.pid());
		}
		assertThat(Listening.line("127.0.0.1", raw)).isEqualTo("raw " + instance.pid());
		assertThat(Listening.get("http://[::1]:" + listeners.get("server").port() + "/"))
			.isEqualTo("" + instance.pid());
		RSocket rsocket = RSocketConnector
			.connectWith(TcpClientTransport.create("127.0.0.1", listeners.get("rsocket").port()))
			.block(Duration.ofSeconds(30));
		try {
			assertThat(
					rsocket.requestResponse(DefaultPayload.create("who?")).block(Duration.ofSeconds(30)).getDataUtf8())
				.isEqualTo("rsocket " + instance.pid());
		}
		finally {
			rsocket.dispose();
		}
	}

	private static void assertContributionsAreNamed(Instance v1, Instance v2) {
		String said = String.join("\n", v1.log());
		assertThat(said).contains("UpgradeContributor 'throwing' could not contribute", "no cache today",
				"UpgradeContributor 'hanging' did not contribute within PT2S", "UpgradeContributor 'too-large'",
				"pingora.state.max-size");
		assertThat(v2.log()).contains("large received 10000000 bytes");
		assertThat(v2.log()).noneMatch((line) -> line.contains("only-in-the"));
	}

}
