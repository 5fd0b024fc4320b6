package io.github.gracefulupgrade.it.listeners;

import java.nio.file.Path;
import java.util.List;

import io.github.gracefulupgrade.it.listeners.Listening.Listener;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Servers on any free port.
 */
class RandomPortsIT {

	/**
	 * Of a lazy application, with virtual threads where there are any.
	 */
	@Test
	void mainAndManagementServerKeepTheVeryPortsThatTheyGot(@TempDir Path folder) {
		Application app = Listening.sample(folder)
			.args("--server.port=0", "--server.address=127.0.0.1", "--management.server.port=0",
					"--management.server.address=127.0.0.1", "--spring.main.lazy-initialization=true",
					"--spring.threads.virtual.enabled=true", "--pingora.rehearsal=true", "--pingora.warm-up.rounds=20");
		try (Instance v1 = Listening.serving(app.start())) {
			List<Integer> ports = Listening.ports(v1);
			assertThat(ports).hasSize(2).doesNotHaveDuplicates();
			try (Load load = Load.on(ports.get(0)).keepAlive(4).fresh(2).rate(100).start();
					Load management = Load.on(ports.get(1))
						.paths("/actuator/health", "/actuator/upgrade")
						.keepAlive(2)
						.fresh(2)
						.rate(50)
						.start()) {
				load.awaitAnswers(50);
				management.awaitAnswers(25);
				try (Upgrade upgrade = Upgrade.of(v1).to(app).under(load).perform()) {
					Instance v2 = upgrade.successor();
					assertThat(upgrade.exitCode()).isZero();
					assertThat(load.awaitAnswers(50).stop().assertNothingLost().answersByPid())
						.containsOnlyKeys(v1.pid(), v2.pid());
					assertThat(management.awaitAnswers(v2, 25).stop().assertNothingLost().answersByPid())
						.containsOnlyKeys(v1.pid(), v2.pid());
					assertThat(Listening.ports(v2)).containsExactlyInAnyOrderElementsOf(ports);
					assertThat(Listening.listeners(ports.get(1)))
						.containsEntry("server", new Listener("127.0.0.1", ports.get(0), "INHERITED"))
						.containsEntry("management", new Listener("127.0.0.1", ports.get(1), "INHERITED"))
						.hasSize(2);
				}
			}
		}
	}

}
