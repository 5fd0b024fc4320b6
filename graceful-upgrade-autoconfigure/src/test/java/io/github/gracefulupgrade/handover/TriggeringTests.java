package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import io.github.gracefulupgrade.handover.Instance.Stage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who asks for a handover when, and what they are told.
 */
class TriggeringTests {

	private final World world = new World();

	private final Instance incumbent = this.world.incumbent();

	// --- SIGQUIT

	@Test
	void signalHandsOverToAWaitingSuccessor() {
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void signalWithoutSuccessorIsRememberedForTheTriggerWindow() {
		this.incumbent.handover.signalled();
		this.world.pass(Instance.TRIGGER_WINDOW.minusSeconds(1));
		assertThat(this.incumbent.phase()).isEqualTo(Phase.SERVING);
		this.world.endsWith(this.world.start(Mode.SUCCESSOR));
	}

	@Test
	void signalWhileASuccessorIsBuiltIsRemembered() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).begin();
		this.world.settle();
		this.incumbent.handover.signalled();
		this.world.pass(Duration.ofSeconds(10));
		assertThat(this.incumbent.journal()).contains("pid=" + successor.pid() + " is still being built");
		successor.goesOn();
		this.world.endsWith(successor);
	}

	@Test
	void rememberedSignalExpires() {
		this.incumbent.handover.signalled();
		this.world.pass(Instance.TRIGGER_WINDOW);
		Instance successor = this.world.waitingSuccessor();
		this.world.pass(Duration.ofMinutes(5));
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		assertThat(this.incumbent.handover.snapshot().lastAttempt()).isNotNull()
			.extracting(Attempt::outcome)
			.isEqualTo(Outcome.NO_SUCCESSOR);
	}

	@Test
	void secondSignalRenewsTheWindow() {
		this.incumbent.handover.signalled();
		this.world.pass(Instance.TRIGGER_WINDOW.minusSeconds(1));
		this.incumbent.handover.signalled();
		this.world.pass(Instance.TRIGGER_WINDOW.minusSeconds(1));
		this.world.endsWith(this.world.start(Mode.SUCCESSOR));
	}

	@Test
	void onlyOneSignalIsRemembered() {
		this.incumbent.handover.signalled();
		this.incumbent.handover.signalled();
		Instance second = this.world.start(Mode.SUCCESSOR);
		this.world.pass(Duration.ofSeconds(50));
		assertThat(second.phase()).isEqualTo(Phase.SERVING);
		Instance third = this.world.waitingSuccessor();
		this.world.pass(Duration.ofMinutes(5));
		assertThat(third.phase()).isEqualTo(Phase.WAITING);
	}

	@Test
	void rememberedSignalOutlivesASuccessorThatFails() {
		Instance failing = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).failingAt(Stage.BUILD).begin();
		this.world.settle();
		this.incumbent.handover.signalled();
		this.world.settle();
		failing.goesOn();
		assertThat(failing.exitCode()).isEqualTo(1);
		this.world.endsWith(this.world.start(Mode.SUCCESSOR));
	}

	@Test
	void signalAfterARememberedRequestIsGoodForTheNextSuccessor() {
		Instance failing = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).failingAt(Stage.BUILD).begin();
		this.world.settle();
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.incumbent.handover.signalled();
		this.world.settle();
		failing.goesOn();
		assertThat(request.join().outcome()).isEqualTo(Outcome.FAILED);
		this.world.endsWith(this.world.start(Mode.SUCCESSOR));
	}

	@Test
	void triggerPutsAnUpgradeSocketBackThatSomebodyRemoved() {
		this.world.path = null;
		this.incumbent.handover.signalled();
		this.world.settle();
		this.world.endsWith(this.world.start(Mode.SUCCESSOR));
	}

	@Test
	void signalWithoutSuccessorIsOneLogLineAndServiceGoesOn() {
		int before = this.incumbent.journal.size();
		this.incumbent.handover.signalled();
		this.world.settle();
		assertThat(this.incumbent.journal.subList(before, this.incumbent.journal.size())).singleElement()
			.asString()
			.startsWith("INFO SIGQUIT")
			.contains("pid=" + this.incumbent.pid());
		this.world.endsWith(this.incumbent);
	}

	@Test
	void signalInEveryOtherStateChangesNothing() {
		this.incumbent.connections.busyFor(Duration.ofSeconds(20));
		Instance successor = this.world.waitingSuccessor();
		successor.heldAt(Stage.SERVERS);
		this.incumbent.handover.signalled();
		this.world.settle();
		assertSignalIsRefused("under way");
		successor.heldAt(Stage.REST);
		this.world.settle();
		assertSignalIsRefused("under way");
		successor.goesOn();
		assertThat(this.incumbent.phase()).isEqualTo(Phase.CLOSING);
		assertSignalIsRefused("already");
		this.world.pass(Duration.ofSeconds(10));
		assertThat(this.incumbent.phase()).isEqualTo(Phase.DRAINING);
		assertSignalIsRefused("already");
		this.world.endsWith(successor);
	}

	private void assertSignalIsRefused(String why) {
		Phase before = this.incumbent.phase();
		this.incumbent.handover.signalled();
		this.world.settle();
		assertThat(this.incumbent.phase()).isEqualTo(before);
		assertThat(this.incumbent.journal.get(this.incumbent.journal.size() - 1)).contains(why);
	}

	@Test
	void signalToASuccessorThatIsNotYetTheOwnerIsNotRemembered() {
		Instance successor = this.world.waitingSuccessor();
		successor.handover.signalled();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		this.incumbent.handover.signalled();
		this.world.pass(Duration.ofSeconds(1));
		Instance third = this.world.waitingSuccessor();
		this.world.pass(Duration.ofSeconds(10));
		assertThat(third.phase()).isEqualTo(Phase.WAITING);
	}

	// --- POST

	@Test
	void requestAnswersWhenTheSuccessorAccepts() {
		Instance successor = this.world.waitingSuccessor();
		successor.heldAt(Stage.REST);
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.pass(Duration.ofSeconds(7));
		assertThat(reply).isNotDone();
		successor.goesOn();
		assertThat(reply).isCompletedWithValueMatching((attempt) -> attempt.outcome() == Outcome.HANDED_OVER
				&& attempt.duration().equals(Duration.ofSeconds(7))
				&& attempt.successor().orElse(-1) == successor.pid());
		this.world.endsWith(successor);
	}

	@Test
	void requestWithoutSuccessorIsAnsweredAtOnce() {
		assertAnswer(this.incumbent.requested(), Outcome.NO_SUCCESSOR);
		this.world.pass(Duration.ofSeconds(1));
		Instance successor = this.world.waitingSuccessor();
		this.world.pass(Duration.ofMinutes(5));
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
	}

	@Test
	void requestWhileTheSuccessorIsBuiltWaitsForIt() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.pass(Duration.ofSeconds(10));
		assertThat(reply).isNotDone();
		successor.goesOn();
		assertAnswer(reply, Outcome.HANDED_OVER);
		this.world.endsWith(successor);
	}

	@Test
	void requestWhileTheSuccessorIsBuiltIsAnsweredWhenThatFails() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).failingAt(Stage.BUILD).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.settle();
		successor.goesOn();
		assertAnswer(reply, Outcome.FAILED);
		assertThat(reply.join().reason()).contains("failed at BUILD");
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void requestWhileTheSuccessorIsBuiltIsAnsweredWhenTheWindowEnds() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.pass(Instance.TRIGGER_WINDOW);
		assertAnswer(reply, Outcome.NO_SUCCESSOR);
		successor.goesOn();
		this.world.pass(Duration.ofMinutes(5));
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
	}

	@Test
	void ofTwoRequestsTheSecondIsRefused() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).begin();
		this.world.settle();
		CompletableFuture<Attempt> first = this.incumbent.requested();
		CompletableFuture<Attempt> second = this.incumbent.requested();
		assertAnswer(second, Outcome.REFUSED);
		assertThat(first).isNotDone();
		successor.goesOn();
		assertAnswer(first, Outcome.HANDED_OVER);
	}

	@Test
	void signalAfterARequestDoesNotTakeItsAnswer() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).begin();
		this.world.settle();
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.incumbent.handover.signalled();
		this.world.settle();
		successor.goesOn();
		assertAnswer(request, Outcome.HANDED_OVER);
	}

	@Test
	void requestWhileASignalIsRememberedAndASuccessorIsBuiltIsRefused() {
		this.incumbent.handover.signalled();
		this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).begin();
		this.world.settle();
		assertAnswer(this.incumbent.requested(), Outcome.REFUSED);
	}

	@Test
	void requestInEveryOtherStateIsRefused() {
		this.incumbent.connections.busyFor(Duration.ofSeconds(20));
		this.incumbent.background.stopTakes(Duration.ofSeconds(40));
		Instance successor = this.world.waitingSuccessor();
		assertAnswer(successor.requested(), Outcome.REFUSED);
		successor.heldAt(Stage.SERVERS);
		CompletableFuture<Attempt> first = this.incumbent.requested();
		this.world.settle();
		assertAnswer(this.incumbent.requested(), Outcome.REFUSED);
		successor.heldAt(Stage.REST);
		this.world.settle();
		assertAnswer(this.incumbent.requested(), Outcome.REFUSED);
		successor.goesOn();
		assertAnswer(first, Outcome.HANDED_OVER);
		assertThat(this.incumbent.phase()).isEqualTo(Phase.CLOSING);
		assertAnswer(this.incumbent.requested(), Outcome.REFUSED);
		this.world.pass(Duration.ofSeconds(10));
		assertThat(this.incumbent.phase()).isEqualTo(Phase.DRAINING);
		assertAnswer(this.incumbent.requested(), Outcome.REFUSED);
		this.world.pass(Duration.ofSeconds(15));
		assertAnswer(this.incumbent.requested(), Outcome.REFUSED);
		this.world.endsWith(successor);
	}

	@Test
	void requestWhileShuttingDownIsRefused() {
		this.incumbent.connections.busyFor(Duration.ofSeconds(20));
		this.incumbent.terminated();
		this.world.pass(Duration.ofSeconds(1));
		assertAnswer(this.incumbent.requested(), Outcome.REFUSED);
		this.world.endsWith(null);
	}

	@Test
	void rememberedRequestIsAnsweredWhenTheIncumbentShutsDown() {
		this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.settle();
		this.incumbent.terminated();
		this.world.settle();
		assertThat(reply).isDone();
	}

	@Test
	void noTriggerHandsOverWithoutListeners() {
		this.incumbent.listeners.bound.clear();
		this.incumbent.configured();
		Instance successor = this.world.waitingSuccessor();
		assertAnswer(this.incumbent.requested(), Outcome.FAILED);
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		assertThat(this.incumbent.phase()).isEqualTo(Phase.SERVING);
	}

	private void assertAnswer(CompletableFuture<Attempt> reply, Outcome outcome) {
		this.world.settle();
		assertThat(reply).isDone();
		assertThat(reply.join().outcome()).isEqualTo(outcome);
	}

}
