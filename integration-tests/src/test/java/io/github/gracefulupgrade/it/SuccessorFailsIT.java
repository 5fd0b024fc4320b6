package io.github.gracefulupgrade.it;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A successor fails, dies, or is told to shut down at each stage of a handover: the
 * incumbent serves on, works on, and the next good successor takes over.
 */
class SuccessorFailsIT {

	@RegisterExtension
	static Service service = new Service(Service.NO_QUIET_PERIOD);

	private static void assertNothingChanged(Instance incumbent) {
		service.assertServes(incumbent);
		Service.assertWorks(incumbent);
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@ParameterizedTest
	@ValueSource(strings = { "web-servers", "readiness-listener" })
	void thatThrowsChangesNothing(String place) {
		assertThrowingChangesNothing(place);
	}

	@ParameterizedTest
	@Tag("long")
	@ValueSource(strings = { "consumer", "runner", "ready-listener" })
	void thatThrowsElsewhereChangesNothing(String place) {
		assertThrowingChangesNothing(place);
	}

	private static void assertThrowingChangesNothing(String place) {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor("--testbed.fail=" + place);
		incumbent.quit();
		assertThat(successor.awaitExit()).isEqualTo(1);
		successor.awaitLog("Told to fail in: " + place);
		// Why, as the successor said itself.
		incumbent.awaitLog(Say.upgradeFailed(successor, incumbent) + ".*its start failed: ");
		assertThat(service.clients().answersByPid()).doesNotContainKey(successor.pid());
		assertNothingChanged(incumbent);
	}

	@Test
	void thatIsKilledWhileItWaitsChangesNothing() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor();
		successor.kill();
		incumbent.awaitLog(Say.successorLeft(successor, incumbent));
		assertNothingChanged(incumbent);
	}

	@ParameterizedTest
	@ValueSource(strings = { "KILL", "TERM" })
	@Tag("long")
	void thatEndsAfterItGotTheListenersChangesNothing(String signal) {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor("--testbed.hold.web-servers=" + service.gate());
		incumbent.quit();
		successor.awaitLog("Told to hold in: web-servers");
		successor.signal(signal);
		successor.awaitExit();
		incumbent.awaitLog(Say.upgradeFailed(successor, incumbent));
		assertNothingChanged(incumbent);
	}

	@ParameterizedTest
	@Tag("long") // two rows of the fault matrix, with more of the log
	@ValueSource(strings = { "KILL", "TERM" })
	void thatEndsAfterTheCommitLeavesTheListenersToTheIncumbent(String signal) {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor("--testbed.hold.runner=" + service.gate());
		incumbent.quit();
		successor.awaitLog("Told to hold in: runner");
		// It works, and has not answered anybody.
		Service.assertWorks(successor);
		successor.signal(signal);
		successor.awaitExit();
		incumbent.awaitLog(Say.servesOn(incumbent));
		assertThat(service.clients().answersByPid()).containsOnlyKeys(incumbent.pid());
		assertNothingChanged(incumbent);
	}

	@Test
	void thatIsKilledWhileBothAcceptLeavesTheListenersToTheIncumbent() {
		service.expectLostRequests();
		Instance incumbent = service.incumbent();
		Instance patient = service.waitingSuccessor("--pingora.close-timeout=10m");
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(patient);
		Instance successor = service.waitingSuccessor();
		patient.quit();
		patient.awaitLog(Say.handedOver(successor));
		Service.assertOnlyWorks(successor, patient);
		successor.kill();
		successor.awaitExit();
		patient.awaitLog(Say.acceptsAgain(patient, successor));
		service.assertServes(patient);
		Service.assertWorks(patient);
		// Back to an ordinary close timeout, for those who come next.
		Instance next = service.waitingSuccessor();
		patient.quit();
		next.awaitLog("accepts, generation");
		patient.terminate();
		patient.awaitExit();
		service.assertServesAndCanBeUpgraded(next);
	}

	@Test
	void thatIsTerminatedWhileTheIncumbentDrainsLetsItAcceptAgain() {
		assertLetsTheIncumbentAcceptAgain("TERM");
	}

	@Test
	@Tag("long") // and in BackgroundWorkIT
	void thatIsKilledWhileTheIncumbentDrainsLetsItAcceptAgain() {
		service.expectLostRequests();
		assertLetsTheIncumbentAcceptAgain("KILL");
	}

	private static void assertLetsTheIncumbentAcceptAgain(String signal) {
		Instance incumbent = service.incumbent();
		Path gate = service.gate();
		CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/held?gate=" + gate);
		Service.awaitReceived(incumbent);
		Instance successor = service.waitingSuccessor();
		incumbent.quit();
		incumbent.awaitLog(Say.drains(incumbent, successor));
		Service.assertOnlyWorks(successor, incumbent);
		successor.signal(signal);
		successor.awaitExit();
		incumbent.awaitLog(Say.acceptsAgain(incumbent, successor));
		service.assertServes(incumbent);
		Service.assertWorks(incumbent);
		assertThat(request).as("the request that kept the incumbent draining").isNotDone();
		Service.open(gate);
		assertThat(request.join().pid()).isEqualTo(incumbent.pid());
		assertNothingChanged(incumbent);
	}

	@Test
	@Tag("long")
	void thatEndsTwiceInARowWhileTheIncumbentDrainsLetsItAcceptAgainTwice() {
		service.expectLostRequests();
		Instance incumbent = service.incumbent();
		Path gate = service.gate();
		CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/held?gate=" + gate);
		Service.awaitReceived(incumbent);
		for (int i = 0; i < 2; i++) {
			Instance successor = service.waitingSuccessor();
			incumbent.quit();
			incumbent.awaitLog(Say.drains(incumbent, successor));
			successor.kill();
			incumbent.awaitLog(Say.acceptsAgain(incumbent, successor));
			service.assertServes(incumbent);
			Service.assertWorks(incumbent);
		}
		Service.open(gate);
		assertThat(request.join().pid()).isEqualTo(incumbent.pid());
		assertNothingChanged(incumbent);
	}

}
