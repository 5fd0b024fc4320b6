package io.github.gracefulupgrade.it;

import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.it.Http.Answer;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of the requests that an incumbent has when it hands over.
 */
class DrainIT {

	@RegisterExtension
	static Service service = new Service("--pingora.close-timeout=1s", "--pingora.grace-period=30s");

	private static CompletableFuture<Answer> begin(Instance incumbent, String path) {
		CompletableFuture<Answer> request = Http.begin(incumbent.port(), path);
		Service.awaitReceived(incumbent);
		return request;
	}

	private static void assertAnsweredBy(Instance instance, CompletableFuture<Answer> request) {
		Answer answer = request.join();
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.pid()).isEqualTo(instance.pid());
		assertThat(answer.body()).contains("by pid " + instance.pid());
	}

	@Test
	void requestInFlightOutlivesTheSwitchAndTheIncumbentExitsSoonAfterItsAnswer() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor();
		CompletableFuture<Answer> request = begin(incumbent, "/slow?ms=5000");
		CompletableFuture<Answer> async = begin(incumbent, "/async?ms=4000");
		CompletableFuture<Answer> scheduled = begin(incumbent, "/scheduled?ms=4500");
		incumbent.quit();
		incumbent.awaitLog(Say.drains(incumbent, successor));
		assertThat(request).isNotDone();
		assertThat(async).isNotDone();
		assertThat(scheduled).isNotDone();
		// What was in the kernel's queue when the log line was written may still be the
		// incumbent's.
		Await.until(() -> service.assertAnswers(successor));
		assertAnsweredBy(incumbent, async);
		assertAnsweredBy(incumbent, scheduled);
		assertAnsweredBy(incumbent, request);
		assertThat(incumbent.awaitExit()).isZero();
		assertThat(Service.secondsSince(request.join().at())).as("from the answer to the exit").isLessThan(4);
		incumbent.awaitLog("pid=" + incumbent.pid() + " drained.* 0 cut");
		service.assertServes(successor);
	}

	@Test
	void requestLongerThanTheGracePeriodIsCutAtItsEndAndTheExitCodeIsTheApplicationsWhereItHasOne() {
		Instance first = service.incumbent();
		Instance incumbent = service.waitingSuccessor("--pingora.grace-period=3s", "--testbed.exit-code=42");
		first.quit();
		assertThat(first.awaitExit()).isZero();
		service.assertServes(incumbent);
		Instance successor = service.waitingSuccessor("--pingora.grace-period=30s");
		CompletableFuture<Answer> request = begin(incumbent, "/slow?ms=60000");
		long signalled = System.nanoTime();
		incumbent.quit();
		assertThat(request).failsWithin(Instance.PATIENCE);
		// Close timeout and grace period, and what the handover itself takes.
		assertThat(Service.secondsSince(signalled)).isBetween(3.9, 8.0);
		incumbent.awaitLog("WARN.*pid=" + incumbent.pid() + " drained.* 1 cut");
		assertThat(incumbent.awaitExit()).isEqualTo(42);
		assertThat(Service.secondsSince(signalled)).isLessThan(12);
		service.assertServes(successor);
	}

	@Test
	void sigtermWithoutASuccessorLetsRequestsFinishAndRefusesNewOnes() {
		service.expectRefusals();
		Instance incumbent = service.incumbent();
		CompletableFuture<Answer> request = begin(incumbent, "/slow?ms=3000");
		CompletableFuture<Answer> async = begin(incumbent, "/slow?ms=2000");
		incumbent.terminate();
		Await.until(() -> assertThat(Listeners.on(incumbent.port())).isEmpty());
		assertThat(request).isNotDone();
		assertAnsweredBy(incumbent, async);
		assertAnsweredBy(incumbent, request);
		assertThat(incumbent.awaitExit()).isEqualTo(128 + 15);
		assertThat(service.socket()).doesNotExist();
	}

	@Test
	void sigtermCutsWhatIsLongerThanTheGracePeriod() {
		service.expectRefusals();
		Instance first = service.incumbent();
		Instance incumbent = service.waitingSuccessor("--pingora.grace-period=2s", Service.NO_QUIET_PERIOD);
		first.quit();
		assertThat(first.awaitExit()).isZero();
		CompletableFuture<Answer> request = begin(incumbent, "/slow?ms=60000");
		long signalled = System.nanoTime();
		incumbent.terminate();
		assertThat(request).failsWithin(Instance.PATIENCE);
		assertThat(Service.secondsSince(signalled)).isBetween(1.9, 6.0);
		incumbent.awaitExit();
	}

	@Test
	@Tag("long")
	void consumerThatIsSlowToStopHoldsUpNoClientAndIsWaitedFor() {
		Instance first = service.incumbent();
		Instance incumbent = service.waitingSuccessor("--testbed.consumer-stops-within=4s");
		first.quit();
		assertThat(first.awaitExit()).isZero();
		Instance successor = service.waitingSuccessor();
		incumbent.quit();
		incumbent.awaitLog("The consumer is asked to stop");
		incumbent.awaitLog(Say.drains(incumbent, successor));
		Await.until(() -> service.assertAnswers(successor));
		assertThat(incumbent.awaitExit()).isZero();
		incumbent.awaitLog("The consumer stopped");
		service.assertServesAndCanBeUpgraded(successor);
	}

	@Test
	void consumerThatNeverStopsIsLeftBehind() {
		Instance first = service.incumbent();
		Instance incumbent = service.waitingSuccessor("--testbed.consumer-stops-within=1h", "--pingora.grace-period=1s",
				"--spring.lifecycle.timeout-per-shutdown-phase=1s");
		first.quit();
		assertThat(first.awaitExit()).isZero();
		Instance successor = service.waitingSuccessor();
		incumbent.quit();
		incumbent.awaitLog("it leaves all the same");
		incumbent.awaitLog("This process is halted");
		incumbent.awaitLog("BackgroundWork.stop\\(");
		assertThat(incumbent.awaitExit()).isZero();
		service.assertAnswers(successor);
	}

}
