package io.github.gracefulupgrade.handover;

import java.time.Duration;

import io.github.gracefulupgrade.handover.Instance.Stage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An instance that only tries whether it could take over, and an incumbent that notices
 * nothing but a line in its log.
 */
class RehearsalTests {

	private final World world = new World();

	private Instance trial() {
		Instance trial = this.world.start(Mode.TEST);
		this.world.pass(Duration.ofMinutes(1));
		return trial;
	}

	private void assertFails(Instance trial, String reason) {
		assertThat(trial.exitCode()).isEqualTo(1);
		assertThat(trial.failure()).hasMessageContaining(reason);
	}

	@Test
	void passesAndLeavesALineInTheLog() {
		Instance incumbent = this.world.incumbent();
		Snapshot before = incumbent.handover.snapshot();
		int lines = incumbent.journal.size();
		Instance trial = trial();
		assertThat(trial.exitCode()).isZero();
		assertThat(trial.journal()).contains("2 listener(s) in common (http, management)");
		assertThat(incumbent.journal.subList(lines, incumbent.journal.size())).singleElement()
			.asString()
			.startsWith("INFO pid=" + trial.pid())
			.contains("welcome");
		assertThat(incumbent.handover.snapshot()).isEqualTo(before);
		assertThat(trial.calls).doesNotContain("lock.tryAcquire", "socket.publish", "listeners.open");
		this.world.endsWith(incumbent);
		this.world.isUpgraded(incumbent);
	}

	@Test
	void tellsOfTheListenersInCommonOnly() {
		this.world.incumbent();
		Instance trial = this.world.instance(Mode.TEST).configured("management", "new").begin();
		this.world.settle();
		assertThat(trial.exitCode()).isZero();
		assertThat(trial.journal()).contains("1 listener(s) in common (management)");
	}

	@Test
	void failsWithoutAListenerInCommon() {
		this.world.incumbent();
		Instance trial = this.world.instance(Mode.TEST).configured("new").begin();
		this.world.settle();
		assertFails(trial, "no listener in common");
	}

	@Test
	void failsWithoutAnIncumbentBeforeAnythingIsBuilt() {
		Instance trial = this.world.instance(Mode.TEST).heldAt(Stage.BUILD).begin();
		this.world.pass(Instance.CONNECT_TIMEOUT);
		assertFails(trial, "No running instance answered");
		assertThat(this.world.lockHolder).isNull();
	}

	@Test
	void failsWhileASuccessorWaitsAndDoesNotDisturbIt() {
		Instance incumbent = this.world.incumbent();
		Instance successor = this.world.waitingSuccessor();
		assertFails(trial(), "Another successor, pid=" + successor.pid());
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		incumbent.handover.signalled();
		this.world.endsWith(successor);
	}

	@Test
	void doesNotDisturbAHandover() {
		Instance incumbent = this.world.incumbent();
		Instance successor = this.world.waitingSuccessor().heldAt(Stage.REST);
		incumbent.handover.signalled();
		this.world.settle();
		assertFails(this.world.start(Mode.TEST), "Another successor");
		successor.goesOn();
		this.world.endsWith(successor);
	}

	@Test
	void doesNotKeepASuccessorAway() {
		Instance incumbent = this.world.incumbent();
		Instance trial = this.world.instance(Mode.TEST).heldAt(Stage.BUILD).begin();
		this.world.settle();
		incumbent.handover.signalled();
		Instance successor = this.world.start(Mode.SUCCESSOR);
		this.world.endsWith(successor);
		// Its question is meant for whoever serves when it is asked.
		trial.goesOn();
		assertThat(trial.exitCode()).isZero();
		assertThat(successor.journal()).contains("pid=" + trial.pid());
	}

	@Test
	void failsIfTheApplicationCannotBeBuilt() {
		Instance incumbent = this.world.incumbent();
		Instance trial = this.world.instance(Mode.TEST).failingAt(Stage.BUILD).begin();
		this.world.settle();
		assertFails(trial, "failed at BUILD");
		this.world.endsWith(incumbent);
	}

	@Test
	void failsIfTheIncumbentDoesNotAnswer() {
		this.world.incumbent().isStopped(true);
		assertFails(trial(), "did not answer");
	}

}
