package io.github.gracefulupgrade.it;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Scheduled tasks and consumers work in one instance, the one that owns the listeners.
 */
class BackgroundWorkIT {

	@RegisterExtension
	static Service service = new Service();

	@Test
	void movesWithTheListenersAndComesBackWhenTheSuccessorDies() {
		service.expectLostRequests();
		Instance incumbent = service.incumbent();
		Path gate = service.gate();
		CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/held?gate=" + gate);
		Service.awaitReceived(incumbent);
		// Not in one that waits, …
		Instance successor = service.waitingSuccessor();
		Service.assertOnlyWorks(incumbent, successor);
		assertThat(Service.count(successor, Service.TASK + "|" + Service.CONSUMER)).isZero();
		// … in it and no longer in the incumbent once it took over, …
		incumbent.quit();
		incumbent.awaitLog(Say.drains(incumbent, successor));
		Service.assertOnlyWorks(successor, incumbent);
		// … and in the incumbent when it has to go on after all.
		successor.kill();
		incumbent.awaitLog(Say.acceptsAgain(incumbent, successor));
		service.assertServes(incumbent);
		Service.assertWorks(incumbent);
		assertThat(request).as("the request that kept the incumbent draining").isNotDone();
		Service.open(gate);
		assertThat(request.join().pid()).isEqualTo(incumbent.pid());
		// The next one takes it over like the first, though it was scheduled anew.
		Instance next = service.waitingSuccessor();
		CompletableFuture<Http.Answer> another = Http.begin(incumbent.port(), "/held?gate=" + service.gate());
		Service.awaitReceived(incumbent);
		incumbent.quit();
		incumbent.awaitLog(Say.drains(incumbent, next));
		Service.assertOnlyWorks(next, incumbent);
		assertThat(another).isNotDone();
		incumbent.kill();
		service.assertServesAndCanBeUpgraded(next);
	}

	@Test
	void startsInASuccessorThatHoldsTheListenersBeforeItAccepts() {
		Instance incumbent = service.incumbent();
		Path gate = service.gate();
		Instance successor = service.waitingSuccessor("--testbed.hold.web-servers=" + gate);
		incumbent.quit();
		successor.awaitLog("Told to hold in: web-servers");
		// It has the listeners, and not yet the incumbent's consent.
		Service.assertOnlyWorks(incumbent, successor);
		Service.open(gate);
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);
		Service.assertWorks(successor);
		service.assertServesAndCanBeUpgraded(successor);
	}

}
