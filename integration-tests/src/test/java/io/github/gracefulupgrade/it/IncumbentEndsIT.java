package io.github.gracefulupgrade.it;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The incumbent dies, or is told to shut down, at each stage of a handover.
 */
class IncumbentEndsIT {

	private static final int SIGTERM = 128 + 15;

	@RegisterExtension
	static Service service = new Service(Service.NO_QUIET_PERIOD);

	/**
	 * A successor that has the listeners and is held before it can say that it is ready.
	 */
	private static Instance offered(Path gate) {
		return offered(service.waitingSuccessor("--testbed.hold.web-servers=" + gate));
	}

	private static Instance offered(Instance successor) {
		service.incumbent().quit();
		successor.awaitLog("Told to hold in: web-servers");
		return successor;
	}

	/**
	 * A successor that owns the listeners and is held before it can accept.
	 */
	private static Instance committed(Path gate) {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor("--testbed.hold.runner=" + gate);
		incumbent.quit();
		successor.awaitLog("Told to hold in: runner");
		return successor;
	}

	@Nested
	class ByKill {

		@Test
		void whileASuccessorWaitsMakesItFail() {
			service.expectRefusals();
			Instance incumbent = service.incumbent();
			Instance successor = service.waitingSuccessor();
			incumbent.kill();
			Service.assertFailsToStart(successor, "pid=" + incumbent.pid(), "without --upgrade");
			assertThat(Listeners.on(incumbent.port())).isEmpty();
			service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(service.start()));
		}

		@Test
		void whileASuccessorWaitsMakesItBindWithAuto() {
			service.expectRefusals();
			Instance incumbent = service.incumbent();
			Instance successor = service.waitingAutoSuccessor();
			incumbent.kill();
			service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(successor));
		}

		@Test
		@Tag("long") // a row of the fault matrix
		void afterItSentTheListenersIsNoReasonToRefuseAnybody() {
			service.expectLostRequests();
			Path gate = service.gate();
			Instance incumbent = service.incumbent();
			Instance successor = offered(gate);
			incumbent.kill();
			incumbent.awaitExit();
			Service.open(gate);
			service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(successor));
		}

		@Test
		void afterItCommittedIsNoReasonToRefuseAnybody() {
			service.expectLostRequests();
			Path gate = service.gate();
			Instance incumbent = service.incumbent();
			Instance successor = committed(gate);
			incumbent.kill();
			incumbent.awaitExit();
			Service.open(gate);
			service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(successor));
		}

		@Test
		void whileItDrainsHarmsOnlyTheRequestsThatItHas() {
			service.expectLostRequests();
			Instance incumbent = service.incumbent();
			CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/held?gate=" + service.gate());
			Service.awaitReceived(incumbent);
			Instance successor = service.waitingSuccessor();
			incumbent.quit();
			incumbent.awaitLog(Say.drains(incumbent, successor));
			incumbent.kill();
			assertThat(request).failsWithin(Instance.PATIENCE);
			service.assertServesAndCanBeUpgraded(successor);
		}

	}

	@Nested
	class BySigterm {

		@Test
		void whileASuccessorWaitsMakesItFail() {
			service.expectRefusals();
			Instance incumbent = service.incumbent();
			Instance successor = service.waitingSuccessor();
			incumbent.terminate();
			Service.assertFailsToStart(successor, "incumbent pid=" + incumbent.pid() + " is shutting down",
					"without --upgrade");
			assertThat(incumbent.awaitExit()).isEqualTo(SIGTERM);
			service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(service.start()));
		}

		@Test
		void whileASuccessorWaitsMakesItBindWithAuto() {
			service.expectRefusals();
			Instance incumbent = service.incumbent();
			Instance successor = service.waitingAutoSuccessor();
			incumbent.terminate();
			assertThat(incumbent.awaitExit()).isEqualTo(SIGTERM);
			service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(successor));
		}

		@Test
		void afterItSentTheListenersTakesThemBackAndShutsDown() {
			service.expectRefusals();
			Path gate = service.gate();
			Instance incumbent = service.incumbent();
			CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/slow?ms=1000");
			Service.awaitReceived(incumbent);
			Instance successor = offered(gate);
			incumbent.terminate();
			incumbent.awaitLog(Say.upgradeFailed(successor, incumbent));
			Service.open(gate);
			Service.assertFailsToStart(successor, "taken back", "pid=" + incumbent.pid());
			assertThat(incumbent.awaitExit()).isEqualTo(SIGTERM);
			assertThat(request.join().pid()).isEqualTo(incumbent.pid());
			service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(service.start()));
		}

		@Test
		void afterItSentTheListenersMakesASuccessorWithAutoServe() {
			Path gate = service.gate();
			Instance incumbent = service.incumbent();
			Instance successor = offered(service.waitingAutoSuccessor("--testbed.hold.web-servers=" + gate));
			incumbent.terminate();
			incumbent.awaitLog(Say.upgradeFailed(successor, incumbent));
			Service.open(gate);
			incumbent.awaitExit();
			service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(successor));
		}

		@Test
		void afterItCommittedLetsTheSuccessorTakeOverFirst() {
			Path gate = service.gate();
			Path requestGate = service.gate();
			Instance incumbent = service.incumbent();
			Instance successor = committed(gate);
			CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/held?gate=" + requestGate);
			Service.awaitReceived(incumbent);
			incumbent.terminate();
			Service.awaitShutdown(incumbent);
			// In the middle of its shutdown, it still is the one who serves.
			assertThat(Http.get(incumbent.port(), "/").pid()).isEqualTo(incumbent.pid());
			Service.open(gate);
			Service.awaitUpgradable(successor);
			assertThat(incumbent.isAlive()).isTrue();
			Service.open(requestGate);
			Http.Answer answer = request.join();
			assertThat(answer.status()).isEqualTo(200);
			assertThat(answer.pid()).isEqualTo(incumbent.pid());
			incumbent.awaitExit();
			service.assertServesAndCanBeUpgraded(successor);
		}

		/**
		 * Whoever sends the signal gives a process one grace period, and may kill it
		 * then: first it waits for the successor, and then there is nothing left of it
		 * for a request.
		 */
		@Test
		void afterItCommittedTakesOneGracePeriodForTheSuccessorAndTheRequestsTogether() {
			int gracePeriod = 4;
			service.expectRefusals();
			Path gate = service.gate();
			Instance first = service.incumbent();
			Instance incumbent = service.waitingSuccessor("--pingora.grace-period=" + gracePeriod + "s");
			first.quit();
			assertThat(first.awaitExit()).isZero();
			service.assertServes(incumbent);
			Instance successor = service.waitingSuccessor("--testbed.hold.runner=" + gate);
			incumbent.quit();
			successor.awaitLog("Told to hold in: runner");
			CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/held?gate=" + service.gate());
			Service.awaitReceived(incumbent);
			long asked = System.nanoTime();
			incumbent.terminate();
			assertThat(incumbent.awaitExit()).isEqualTo(SIGTERM);
			assertThat(Service.secondsSince(asked)).isBetween(gracePeriod - 1.0, 2 * gracePeriod - 1.0);
			assertThat(request).failsWithin(Instance.PATIENCE);
			incumbent.awaitLog("cut 1 request");
			Service.open(gate);
			service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(successor));
		}

		@Test
		void whileBothAcceptDrainsAtOnce() {
			Path gate = service.gate();
			Instance incumbent = patient();
			CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/held?gate=" + gate);
			Service.awaitReceived(incumbent);
			Instance successor = service.waitingSuccessor();
			incumbent.quit();
			incumbent.awaitLog(Say.handedOver(successor));
			incumbent.terminate();
			incumbent.awaitLog(Say.drains(incumbent, successor));
			Service.open(gate);
			assertThat(request.join().pid()).isEqualTo(incumbent.pid());
			incumbent.awaitExit();
			service.assertServesAndCanBeUpgraded(successor);
		}

		/**
		 * An incumbent whose close timeout does not end within this test.
		 */
		private Instance patient() {
			Instance incumbent = service.incumbent();
			Instance patient = service.waitingSuccessor("--pingora.close-timeout=10m");
			incumbent.quit();
			assertThat(incumbent.awaitExit()).isZero();
			service.assertServes(patient);
			return patient;
		}

		@Test
		void whileItDrainsLetsRequestsFinish() {
			Path gate = service.gate();
			Instance incumbent = service.incumbent();
			CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/held?gate=" + gate);
			Service.awaitReceived(incumbent);
			Instance successor = service.waitingSuccessor();
			incumbent.quit();
			incumbent.awaitLog(Say.drains(incumbent, successor));
			incumbent.terminate();
			Await.until(() -> service.assertAnswers(successor));
			assertThat(incumbent.isAlive()).isTrue();
			Service.open(gate);
			assertThat(request.join().pid()).isEqualTo(incumbent.pid());
			incumbent.awaitExit();
			service.assertServesAndCanBeUpgraded(successor);
		}

	}

}
