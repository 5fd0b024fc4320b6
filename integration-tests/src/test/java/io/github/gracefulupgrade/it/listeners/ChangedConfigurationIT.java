package io.github.gracefulupgrade.it.listeners;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.Upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Versions that listen elsewhere. On the way, the sample counts its visits.
 */
class ChangedConfigurationIT {

	@Test
	void listenersComeAndGoAndTheVisitsAreCountedAcrossThreeUpgrades(@TempDir Path folder) throws IOException {
		int first = Instance.freePort();
		int second = Instance.freePort();
		Application app = Listening.sample(folder).onFreePort().args("--management.server.address=127.0.0.1");
		try (Instance v1 = Listening.serving(app.args("--management.server.port=" + first).start());
				Load load = Load.on(v1).keepAlive(2).fresh(2).rate(50).start()) {
			String main = "127.0.0.1:" + v1.port();
			assertVisits(main, 1);
			assertVisits(main, 2);

			// Another port for the management server.
			try (Upgrade toSecond = upgrade(v1, app.args("--management.server.port=" + second), load)) {
				Instance v2 = toSecond.successor();
				v2.awaitLog("Listener server " + main + ": handed over by the incumbent");
				v2.awaitLog("Listener management 127.0.0.1:" + second + ": not one of the incumbent's, bound anew");
				v2.awaitLog("Listener management 127.0.0.1:" + first
						+ ": the incumbent's, and not configured here; closes with the incumbent");
				assertThat(Listening.get("http://127.0.0.1:" + second + "/actuator/health")).contains("UP");
				assertNobodyListens(first);
				assertVisits(main, 3);

				// One that another process owns: the new version fails, and harms nobody.
				try (ServerSocket strangers = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
						Instance failed = app.args("--management.server.port=" + strangers.getLocalPort())
							.successor()
							.start()) {
					failed.awaitLog("is ready and waits for incumbent");
					v2.quit();
					assertThat(failed.awaitExit()).isEqualTo(1);
					v2.awaitLog(
							"Upgrade failed after .* pid=" + failed.pid() + ", incumbent pid=" + v2.pid() + " goes on");
				}
				assertVisits(main, 4);

				// One listener less.
				try (Upgrade toThird = upgrade(v2, app.args("--management.server.port=-1"), load)) {
					Instance v3 = toThird.successor();
					v3.awaitLog("Listener management 127.0.0.1:" + second + ": the incumbent's");
					assertNobodyListens(second);
					assertVisits(main, 5);

					// One more.
					try (Upgrade toFourth = upgrade(v3, app.args("--management.server.port=" + first), load)) {
						toFourth.successor()
							.awaitLog("Listener management 127.0.0.1:" + first
									+ ": not one of the incumbent's, bound anew");
						assertThat(Listening.get("http://127.0.0.1:" + first + "/actuator/health")).contains("UP");
						assertVisits(main, 6);
						load.awaitAnswers(toFourth.successor(), 20).stop().assertNothingLost();
					}
				}
			}
		}
	}

	private static Upgrade upgrade(Instance incumbent, Application application, Load load) {
		Upgrade upgrade = Upgrade.of(incumbent).to(application).under(load).perform();
		assertThat(upgrade.exitCode()).isZero();
		return upgrade;
	}

	private static void assertVisits(String address, int visits) {
		assertThat(Listening.get("http://" + address + "/visits")).isEqualTo("{\"visits\":" + visits + "}");
	}

	private static void assertNobodyListens(int port) {
		assertThatIOException().isThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close());
	}

}
