package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Path;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code --upgrade=test}.
 */
class UpgradeTestIT {

	@RegisterExtension
	static Service service = new Service(Service.NO_QUIET_PERIOD);

	private static Instance trial(String... arguments) {
		return service.start(service.application().args("--upgrade=test").args(arguments));
	}

	@Test
	void exitsWith0AndTheIncumbentNoticesNothing() {
		Instance incumbent = service.incumbent();
		Instance trial = trial();
		assertThat(trial.awaitExit()).isZero();
		trial.awaitLog("pid=%d could take over from incumbent pid=%d: 1 listener\\(s\\) in common \\(server\\)"
			.formatted(trial.pid(), incumbent.pid()));
		trial.awaitLog("Upgrade test passed");
		assertThat(Service.count(trial, Service.TASK) + Service.count(trial, Service.CONSUMER)).isZero();
		assertThat(incumbent.log()).filteredOn((line) -> line.contains("pid=" + trial.pid()))
			.singleElement()
			.asString()
			.contains("would be welcome");
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	void exitsWith1IfItFailsToWarmUp() {
		Instance incumbent = service.incumbent();
		Service.assertFailsToStart(trial("--pingora.warm-up.requests=GET /nowhere"), "failed to warm up");
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	@Tag("long")
	void exitsWith1WhileASuccessorWaitsWhichNoticesNothing() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor();
		incumbent.awaitLog(Say.successorWaits(successor));
		Service.assertFailsToStart(trial(), "Another successor, pid=" + successor.pid());
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);
	}

	@Test
	@Tag("long")
	void exitsWith1IfTheApplicationCannotBeBuilt() {
		Instance incumbent = service.incumbent();
		assertThat(trial("--testbed.fail=context").awaitExit()).isEqualTo(1);
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	@Tag("long")
	void exitsWith1WithoutAnIncumbentAndOnAnotherVersionsAnswer() throws IOException {
		Path socket = service.folder().resolve("other");
		String[] arguments = { "--pingora.upgrade-sock=" + socket, "--pingora.connect-timeout=500ms" };
		Service.assertFailsToStart(trial(arguments), "No running instance answered at " + socket);
		try (RawPeer.Incumbent incumbent = new RawPeer.Incumbent(socket)) {
			Instance trial = trial("--pingora.upgrade-sock=" + socket);
			try (RawPeer peer = incumbent.accept()) {
				// REFUSED, version 2, reason VERSION
				peer.send(RawPeer.frame(0x03, RawPeer.magic(2), new byte[] { 2 }, RawPeer.number(17),
						RawPeer.text("I speak 2")));
				Service.assertFailsToStart(trial, "I speak 2");
			}
		}
	}

}
