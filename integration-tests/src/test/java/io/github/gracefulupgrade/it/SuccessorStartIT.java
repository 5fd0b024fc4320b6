package io.github.gracefulupgrade.it;

import java.nio.file.Path;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an instance that shall take over finds, and what it does about it.
 */
class SuccessorStartIT {

	@RegisterExtension
	static Service service = Service.withActuator();

	@ParameterizedTest
	@ValueSource(strings = { "--upgrade", "--upgrade=auto" })
	void isAskedForInAnyOfTheseWays(String argument) {
		assertIsASuccessor(argument);
	}

	@ParameterizedTest
	@Tag("long")
	@ValueSource(strings = { "-u", "--pingora.upgrade=true" })
	void isAskedForInTheseWays(String argument) {
		assertIsASuccessor(argument);
	}

	private static void assertIsASuccessor(String argument) {
		Instance incumbent = service.incumbent();
		Instance successor = service.start(argument);
		successor.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);
	}

	@Test
	void failsWithoutAnIncumbent() {
		Application nobody = Testbed.application().onFreePort().upgradeSocket(service.folder().resolve("nobody"));
		Instance successor = service.start(nobody.args("--pingora.connect-timeout=1s").successor());
		Service.assertFailsToStart(successor, service.folder().resolve("nobody").toString(), "pingora.connect-timeout",
				"without --upgrade", "--upgrade=auto");
		assertThat(service.folder().resolve("nobody")).doesNotExist();
	}

	@Test
	void failsAtTheSocketOfADeadIncumbentAndAutoBinds() {
		service.expectRefusals();
		service.incumbent().kill();
		service.incumbent().awaitExit();
		Instance successor = service.startSuccessor("--pingora.connect-timeout=1s");
		Service.assertFailsToStart(successor, service.socket().toString());
		Instance auto = service.start("--upgrade=auto");
		service.assertServesAndCanBeUpgraded(auto.awaitServing());
	}

	@Test
	void bindsWithAutoWhereNobodyEverWasAndAnswersItsOwnRunnersAsAnyColdStartDoes() {
		Path gate = service.gate();
		Application nobody = Testbed.application().onFreePort().upgradeSocket(service.folder().resolve("first"));
		Instance auto = service.start(nobody.args("--pingora.upgrade=auto", "--testbed.hold.runner=" + gate));
		auto.awaitLog("Told to hold in: runner");
		assertThat(Http.get(auto.port(), "/").pid()).isEqualTo(auto.pid());
		Service.open(gate);
		Service.awaitUpgradable(auto);
		assertThat(service.folder().resolve("first")).exists();
	}

	@Test
	void failsWhereAnotherOneIsWaitingAlready() {
		Instance incumbent = service.incumbent();
		Instance first = service.waitingSuccessor();
		Service.assertFailsToStart(service.startSuccessor(), service.socket().toString(), "pid=" + first.pid(),
				"kill " + first.pid());
		Service.assertFailsToStart(service.start("--upgrade=auto"), "pid=" + first.pid());
		assertThat(first.isAlive()).isTrue();
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServesAndCanBeUpgraded(first);
	}

	@Test
	void failsWithoutAListenerInCommonAndTheIncumbentServesOn() {
		Instance incumbent = service.incumbent();
		Instance successor = service.start(service.application().onFreePort().successor());
		successor.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
		incumbent.quit();
		Service.assertFailsToStart(successor, "no listener in common", "pid=" + incumbent.pid());
		assertThat(Listeners.on(successor.port())).isEmpty();
		incumbent.awaitLog(Say.upgradeFailed(successor, incumbent));
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	@Tag("long")
	void takesWhatIsInCommonBindsWhatIsNewAndTheRestCloses() {
		Instance incumbent = service.incumbent();
		int management = Instance.freePort();
		Instance withOneMore = service.waitingSuccessor("--management.server.port=" + management,
				"--management.server.address=127.0.0.1");
		assertThat(Listeners.on(management)).isEmpty();
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(withOneMore);
		assertThat(Http.get(management, "/actuator/health").status()).isEqualTo(200);

		int other = Instance.freePort();
		Instance withAnother = service.waitingSuccessor("--management.server.port=" + other,
				"--management.server.address=127.0.0.1");
		withOneMore.quit();
		assertThat(withOneMore.awaitExit()).isZero();
		service.assertServes(withAnother);
		assertThat(Http.get(other, "/actuator/health").status()).isEqualTo(200);
		assertThat(Listeners.on(management)).isEmpty();

		Instance same = service.waitingSuccessor("--management.server.port=" + other,
				"--management.server.address=127.0.0.1");
		withAnother.quit();
		assertThat(withAnother.awaitExit()).isZero();
		service.assertServes(same);
		assertThat(Http.get(other, "/actuator/health").status()).isEqualTo(200);
		// And back to one.
		service.assertServesAndCanBeUpgraded(same);
		assertThat(Listeners.on(other)).isEmpty();
	}

	@Test
	void thatIsSlowToBuildIsWaitedForByTheSignal() {
		Instance incumbent = service.incumbent();
		Instance successor = service.startSuccessor("--testbed.sleep.context=2s");
		successor.awaitLog("Told to sleep in: context");
		incumbent.quit();
		incumbent.awaitLog("pid=" + successor.pid() + " is still being built.*remembered");
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServesAndCanBeUpgraded(successor);
	}

	@Test
	void whoseContextFailsHarmsNobody() {
		Instance incumbent = service.incumbent();
		Instance successor = service.startSuccessor("--testbed.fail=context");
		assertThat(successor.awaitExit()).isEqualTo(1);
		incumbent.awaitLog(Say.successorLeft(successor, incumbent));
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	@Tag("long")
	void whoseManagementPortIsTakenFailsAndTheIncumbentServesOn() {
		Instance incumbent = service.incumbent();
		Instance stranger = service.start(Testbed.application().onFreePort()).awaitServing();
		Instance successor = service.waitingSuccessor("--management.server.port=" + stranger.port(),
				"--management.server.address=127.0.0.1");
		incumbent.quit();
		assertThat(successor.awaitExit()).isEqualTo(1);
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	void sigtermEndsOneThatWaitsWithinTwoSeconds() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor();
		long asked = System.nanoTime();
		successor.terminate();
		assertThat(successor.awaitExit()).isEqualTo(128 + 15);
		// Two seconds are the promise. A machine that does other things as well gets one
		// more: what must not happen is the end of a timeout, and those are longer.
		assertThat(Service.secondsSince(asked)).isLessThan(3);
		incumbent.awaitLog(Say.successorLeft(successor, incumbent));
		service.assertServesAndCanBeUpgraded(incumbent);
	}

}
