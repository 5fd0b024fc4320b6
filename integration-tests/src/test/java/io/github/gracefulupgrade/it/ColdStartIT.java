package io.github.gracefulupgrade.it;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A cold start binds, unless there is somebody whom it would harm.
 */
class ColdStartIT {

	@RegisterExtension
	static Service service = new Service(Service.NO_QUIET_PERIOD);

	@Test
	void onThePathOfADeadProcessReplacesItsSocket() {
		service.expectRefusals();
		service.incumbent().kill();
		service.incumbent().awaitExit();
		assertThat(service.socket()).exists();
		service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(service.start()));
	}

	@Test
	void twoAtOnceOnThePathOfADeadProcessMakeOneThatServesAndOneThatFails() {
		service.expectRefusals();
		service.incumbent().kill();
		service.incumbent().awaitExit();
		// However long the faster one takes.
		Instance one = service.start("--pingora.connect-timeout=60s");
		Instance other = service.start("--pingora.connect-timeout=60s");
		Await.until(() -> assertThat(Stream.of(one, other).filter(Instance::isAlive)).hasSize(1));
		Instance winner = one.isAlive() ? one : other;
		Instance loser = one.isAlive() ? other : one;
		Service.assertFailsToStart(loser, service.socket().toString(), "pid=" + winner.pid(), "--upgrade");
		service.assertServesAndCanBeUpgraded(Service.awaitUpgradable(winner));
	}

	@Test
	void againstALiveIncumbentFailsAndNamesItOnTheSamePortAndOnAnother() {
		Instance incumbent = service.incumbent();
		Instance same = service.start();
		Instance other = service.start(service.application().onFreePort());
		for (Instance instance : List.of(same, other)) {
			Service.assertFailsToStart(instance, service.socket().toString(), "pid=" + incumbent.pid(), "--upgrade",
					"kill -QUIT " + incumbent.pid());
		}
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	void servesWhileThePreviousInstanceStillDrainsAfterSigterm() {
		service.expectRefusals();
		Instance previous = service.incumbent();
		Path gate = service.gate();
		CompletableFuture<Http.Answer> request = Http.begin(service.port(), "/held?gate=" + gate);
		Service.awaitReceived(previous);
		previous.terminate();
		Instance next = Service.awaitUpgradable(service.start());
		assertThat(previous.isAlive()).as("the previous instance still drains").isTrue();
		assertThat(request).isNotDone();
		assertThat(Http.get(next.port(), "/").pid()).isEqualTo(next.pid());
		Service.open(gate);
		Http.Answer answer = request.join();
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.pid()).isEqualTo(previous.pid());
		previous.awaitExit();
		service.assertServesAndCanBeUpgraded(next);
	}

}
