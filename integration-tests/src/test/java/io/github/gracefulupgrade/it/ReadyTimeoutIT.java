package io.github.gracefulupgrade.it;

import java.nio.file.Path;
import java.time.Duration;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A successor that does not accept within {@code pingora.ready-timeout} does not get the
 * listeners, whatever it was asked to be, and exits with 1.
 */
@Tag("long")
class ReadyTimeoutIT {

	// Long enough for a good successor on a machine that does other things as well.
	@RegisterExtension
	static Service service = new Service("--pingora.ready-timeout=3s", Service.NO_QUIET_PERIOD);

	private static void assertServesOn(Instance incumbent, Instance successor) {
		incumbent.awaitLog(Say.upgradeFailed(successor, incumbent) + ".*pingora.ready-timeout");
		service.assertServes(incumbent);
		Service.assertWorks(incumbent);
		assertThat(service.clients().answersByPid()).doesNotContainKey(successor.pid());
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	void whileTheSuccessorIsStoppedEndsItWhenItGoesOn() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor();
		incumbent.awaitLog(Say.successorWaits(successor));
		successor.suspend();
		incumbent.quit();
		incumbent.awaitLog(Say.upgradeFailed(successor, incumbent));
		service.assertAnswers(incumbent);
		successor.resume();
		Service.assertFailsToStart(successor, "taken back", "pingora.ready-timeout");
		assertServesOn(incumbent, successor);
	}

	@Test
	void beforeReadyEndsTheSuccessor() {
		Instance incumbent = service.incumbent();
		Path gate = service.gate();
		Instance successor = service.waitingSuccessor("--testbed.hold.web-servers=" + gate);
		incumbent.quit();
		incumbent.awaitLog(Say.upgradeFailed(successor, incumbent));
		Service.open(gate);
		Service.assertFailsToStart(successor, "taken back", "pingora.ready-timeout");
		assertServesOn(incumbent, successor);
	}

	/**
	 * Fails: what the main thread of a successor does between the two gates is not
	 * interrupted, and nobody ends a process whose main thread does not come back from
	 * there. After the second gate somebody does.
	 */
	@Test
	void beforeReadyEndsASuccessorThatDoesNotComeBack() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor("--testbed.hold.web-servers=" + service.gate());
		incumbent.quit();
		incumbent.awaitLog(Say.upgradeFailed(successor, incumbent));
		assertThat(successor.awaitExit(Duration.ofSeconds(20))).isEqualTo(1);
		assertServesOn(incumbent, successor);
	}

	@Test
	void beforeReadyEndsASuccessorWithAutoToo() {
		Instance incumbent = service.incumbent();
		Path gate = service.gate();
		Instance successor = service.waitingAutoSuccessor("--testbed.hold.web-servers=" + gate);
		incumbent.quit();
		incumbent.awaitLog(Say.upgradeFailed(successor, incumbent));
		Service.open(gate);
		Service.assertFailsToStart(successor, "taken back", "pingora.ready-timeout");
		assertServesOn(incumbent, successor);
	}

	@Test
	void afterTheCommitEndsTheSuccessor() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor("--testbed.hold.runner=" + service.gate());
		incumbent.quit();
		successor.awaitLog("Told to hold in: runner");
		successor.awaitLog("ERROR.*The offer was taken back.*pingora.ready-timeout");
		assertThat(successor.awaitExit()).isEqualTo(1);
		incumbent.awaitLog(Say.servesOn(incumbent));
		assertServesOn(incumbent, successor);
	}

	@Test
	void withReadyOnItsWayMakesOneOwner() {
		Instance incumbent = service.incumbent();
		Path gate = service.gate();
		Instance successor = service.waitingSuccessor("--testbed.hold.web-servers=" + gate);
		incumbent.quit();
		successor.awaitLog("Told to hold in: web-servers");
		incumbent.suspend();
		Service.open(gate);
		// What the successor does next can be seen by nobody: past the ready timeout, the
		// incumbent finds both its deadline and the message.
		Service.awaitAtLeast(4);
		incumbent.resume();
		Await.until(() -> assertThat(incumbent.isAlive() ^ successor.isAlive()).as("one of the two ends").isTrue());
		Instance owner = incumbent.isAlive() ? incumbent : successor;
		if (owner == incumbent) {
			Service.assertFailsToStart(successor, "taken back");
		}
		else {
			assertThat(incumbent.awaitExit()).isZero();
		}
		service.assertServesAndCanBeUpgraded(owner);
	}

}
