package io.github.gracefulupgrade.it;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A successor that plays requests to itself before it says that it waits.
 */
class WarmUpIT {

	@RegisterExtension
	static Service service = new Service("--pingora.warm-up.rounds=20", Service.NO_QUIET_PERIOD);

	@Test
	void playsRequestsBeforeItWaitsAndThenTakesOver() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor("--pingora.warm-up.requests[0]=GET /",
				"--pingora.warm-up.requests[1].path=/nowhere", "--pingora.warm-up.requests[1].status=404");
		successor.awaitLog("warmed up with 40 request\\(s\\)");
		assertThat(incumbent.log()).noneMatch((line) -> line.contains("warmed up"));
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);
	}

	@Test
	void failsWithTheRequestThatFailsAndTheIncumbentServesOn() {
		Instance incumbent = service.incumbent();
		Service.assertFailsToStart(service.startSuccessor("--pingora.warm-up.requests=GET /, GET /nowhere"),
				"GET /nowhere was answered with status 404, expected was 2xx or 3xx", "pingora.warm-up.on-failure");
		service.assertServes(incumbent);
	}

	@Test
	@Tag("long")
	void goesOnIfItIsToldTo() {
		service.incumbent();
		Instance successor = service.waitingSuccessor("--pingora.warm-up.requests=GET /nowhere",
				"--pingora.warm-up.on-failure=ignore");
		successor.awaitLog("WARN.*failed to warm up, and goes on.*GET /nowhere");
	}

	@Test
	@Tag("long")
	void isGivenUpWhenItTakesTooLong() {
		Instance incumbent = service.incumbent();
		Service.assertFailsToStart(
				service.startSuccessor("--pingora.warm-up.requests=GET /slow?ms=9000", "--pingora.warm-up.timeout=1s"),
				"pingora.warm-up.timeout");
		service.assertServes(incumbent);
	}

	@Test
	@Tag("long")
	void canBeShutDownMeanwhile() {
		Instance incumbent = service.incumbent();
		Instance successor = service.startSuccessor("--pingora.warm-up.requests=GET /slow?ms=200",
				"--pingora.warm-up.rounds=1000", "--pingora.warm-up.duration=60s");
		successor.awaitLog("connected to incumbent");
		successor.terminate();
		assertThat(successor.awaitExit()).isNotZero();
		service.assertServes(incumbent);
	}

}
