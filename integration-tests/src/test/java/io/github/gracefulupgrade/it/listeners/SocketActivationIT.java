package io.github.gracefulupgrade.it.listeners;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.gracefulupgrade.it.Listeners;
import io.github.gracefulupgrade.it.listeners.Listening.Listener;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.Upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Sockets that somebody else listens on, and starts the application with.
 */
class SocketActivationIT {

	private static final Path ACTIVATE = Path.of("/usr/bin/systemd-socket-activate");

	@TempDir
	Path folder;

	@BeforeAll
	static void activate() {
		assumeTrue(Files.isExecutable(ACTIVATE), ACTIVATE + " is not installed (Debian: systemd)");
	}

	@Test
	void anActivatedServiceIsUpgradedAndNothingIsLost() {
		int port = Instance.freePort();
		int management = Instance.freePort();
		// One by its address, the other by its name; both are configured elsewhere, too.
		Application app = Listening.sample(this.folder)
			.servesOn(port)
			.args("--server.port=" + port, "--management.server.port=0", "--management.server.address=127.0.0.1");
		Application activated = app.prefix(ACTIVATE.toString(), "-l", "127.0.0.1:" + port, "-l",
				"127.0.0.1:" + management, "--fdname=main:management");
		try (Instance v1 = activated.start()) {
			v1.awaitLog("Listening on 127.0.0.1:" + management);
			assertThat(Listeners.block(v1.pid(), port)).as("what is passed on").isTrue();
			// The first connection is what starts it, and is served.
			try (Load load = Load.on(port).keepAlive(4).fresh(2).rate(100).timeout(Instance.PATIENCE).start()) {
				Listening.serving(v1);
				load.awaitAnswers(50);
				assertThat(Listening.listeners(management))
					.containsEntry("server", new Listener("127.0.0.1", port, "ACTIVATED"))
					.containsEntry("management", new Listener("127.0.0.1", management, "ACTIVATED"))
					.hasSize(2);
				assertThat(Listeners.block(v1.pid(), port)).isFalse();
				assertThat(Listeners.block(v1.pid(), management)).isFalse();
				try (Upgrade upgrade = Upgrade.of(v1).to(app).under(load).perform()) {
					Instance v2 = upgrade.successor();
					assertThat(upgrade.exitCode()).isZero();
					assertThat(load.awaitAnswers(50).stop().assertNothingLost().answersByPid())
						.containsOnlyKeys(v1.pid(), v2.pid());
					assertThat(Listening.listeners(management))
						.containsEntry("server", new Listener("127.0.0.1", port, "INHERITED"))
						.containsEntry("management", new Listener("127.0.0.1", management, "INHERITED"));
				}
			}
		}
	}

	@Test
	void socketsThatNoServerTakesAreNamed() {
		int port = Instance.freePort();
		int other = Instance.freePort();
		assertFails(start(List.of("-l", "127.0.0.1:" + port, "-l", "127.0.0.1:" + other, "--fdname=main:spare"), port),
				port, "sockets that none of its servers takes: spare 127.0.0.1:" + other + " (descriptor 4)");
	}

	@Test
	void aSocketOnAllInterfacesIsNotTakenByAServerThatWantsOne() {
		int port = Instance.freePort();
		assertFails(start(List.of("-l", "0.0.0.0:" + port), port, "--server.address=127.0.0.1"), port,
				"*:" + port + " (descriptor 3)", "its server 'server' is configured to listen on 127.0.0.1:" + port);
	}

	@Test
	void descriptorsThatAreNoListeningSocketsAreNamed() {
		int port = Instance.freePort();
		Application app = Listening.sample(this.folder).args("--server.port=" + port, "--server.address=127.0.0.1");
		// Descriptor 3 is something of the shell's or the JVM's.
		assertSaysWhy(app.prefix("/bin/sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\" 3</dev/null", "sh"),
				"Descriptor 3 (unknown) is no");
		assertSaysWhy(app.prefix("/bin/sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=many exec \"$@\"", "sh"),
				"LISTEN_FDS=many is no number");
	}

	@Test
	void socketsThatAreMeantForAnotherProcessAreLeftAlone() {
		try (Instance v1 = Listening.serving(Listening.sample(this.folder)
			.onFreePort()
			.environment("LISTEN_PID", "1")
			.environment("LISTEN_FDS", "7")
			.start())) {
			assertThat(Listening.listeners(v1.port()).get("server").origin()).isEqualTo("BOUND");
		}
	}

	private Instance start(List<String> activate, int port, String... arguments) {
		List<String> prefix = new ArrayList<>(List.of(ACTIVATE.toString()));
		prefix.addAll(activate);
		Instance instance = Listening.sample(this.folder)
			.prefix(prefix.toArray(String[]::new))
			.args("--server.port=" + port)
			.args(arguments)
			.start();
		instance.awaitLog("Listening on .*:" + port);
		return instance;
	}

	/**
	 * Connect, so that it is started, and see why it ends.
	 */
	private static void assertFails(Instance instance, int port, String... reasons) {
		try (instance; Load load = Load.on(port).keepAlive(0).fresh(1).rate(1).start()) {
			assertThat(instance.awaitExit()).isEqualTo(1);
			assertThat(String.join("\n", instance.log())).contains("APPLICATION FAILED TO START").contains(reasons);
		}
	}

	private static void assertSaysWhy(Application app, String reason) {
		try (Instance instance = app.start()) {
			assertThat(instance.awaitExit()).isEqualTo(1);
			assertThat(String.join("\n", instance.log()))
				.contains("APPLICATION FAILED TO START", "sockets that this process was started with cannot be used")
				.contains(reason);
		}
	}

}
