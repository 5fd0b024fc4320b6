package io.github.gracefulupgrade.it;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A management server on its own port lives in a context of its own. Boot builds that
 * after the web server has started, which takes several times as long as all the rest of
 * a handover: so a successor has to have built it when it waits.
 */
class ManagementServerIT {

	@RegisterExtension
	static Service service = Service.withActuator("--management.endpoints.web.exposure.include=health,upgrade",
			"--pingora.rehearsal=true");

	@Test
	void isBuiltBeforeTheSignal() {
		Instance incumbent = service.incumbent();
		int port = Instance.freePort();
		Instance first = waitingSuccessor(port);
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(first);
		assertIsManagedAt(port, first);

		Instance second = waitingSuccessor(port);
		first.quit();
		assertThat(first.awaitExit()).isZero();
		service.assertServes(second);
		assertIsManagedAt(port, second);
		assertThat(second.log())
			.anyMatch((line) -> line.contains("Listener management") && line.contains("handed over by the incumbent"));
	}

	@Test
	void isNoReasonNotToEndOnSigterm() {
		Instance incumbent = service.incumbent();
		Instance successor = waitingSuccessor(Instance.freePort());
		long asked = System.nanoTime();
		successor.terminate();
		assertThat(successor.awaitExit()).isEqualTo(128 + 15);
		assertThat(Service.secondsSince(asked)).isLessThan(3);
		incumbent.awaitLog(Say.successorLeft(successor, incumbent));
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	void whosePortIsTakenFailsTheSuccessorAndTheIncumbentServesOn() {
		Instance incumbent = service.incumbent();
		Instance stranger = service.start(Testbed.application().onFreePort()).awaitServing();
		Instance successor = waitingSuccessor(stranger.port());
		incumbent.quit();
		assertThat(successor.awaitExit()).isEqualTo(1);
		assertThat(successor.log())
			.anyMatch((line) -> line.contains("Port " + stranger.port() + " was already in use"));
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	private static Instance waitingSuccessor(int management) {
		Instance successor = service.waitingSuccessor("--management.server.port=" + management,
				"--management.server.address=127.0.0.1");
		assertThat(successor.log()).anyMatch((line) -> line.contains("endpoints beneath base path"));
		return successor;
	}

	private static void assertIsManagedAt(int port, Instance instance) {
		Http.Answer status = Http.get(port, "/actuator/upgrade");
		assertThat(status.status()).isEqualTo(200);
		assertThat(status.body()).contains("\"pid\":" + instance.pid());
	}

}
