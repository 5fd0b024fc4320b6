package io.github.gracefulupgrade.handover;

import java.time.Duration;

import io.github.gracefulupgrade.handover.Instance.Stage;
import io.github.gracefulupgrade.handover.Message.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of an instance that starts, cold or as a successor, up to the moment that
 * it is welcome.
 */
class StartingTests {

	private final World world = new World();

	// --- cold

	@Test
	void coldStartServes() {
		Instance instance = this.world.start(Mode.COLD);
		assertThat(instance.handover.snapshot().generation()).isZero();
		assertThat(instance.handover.snapshot().predecessor()).isNull();
		this.world.endsWith(instance);
	}

	@Test
	void coldStartReplacesTheSocketOfADeadInstance() {
		Instance dead = this.world.incumbent();
		dead.killed();
		assertThat(this.world.path).isNotNull();
		this.world.endsWith(this.world.start(Mode.COLD));
	}

	@Test
	void ofTwoColdStartsAtOnceOneServesAndTheOtherNamesIt() {
		Instance one = this.world.instance(Mode.COLD).heldAt(Stage.BUILD).begin();
		Instance other = this.world.instance(Mode.COLD).begin();
		this.world.pass(Duration.ofSeconds(2));
		one.goesOn();
		assertFailsNaming(other, one);
		this.world.endsWith(one);
	}

	@Test
	void ofTwoColdStartsAtOnceTheOtherNamesTheOneThatStillStarts() {
		Instance one = this.world.instance(Mode.COLD).heldAt(Stage.BUILD).begin();
		Instance other = this.world.instance(Mode.COLD).begin();
		this.world.pass(Instance.CONNECT_TIMEOUT);
		assertFailsNaming(other, one);
		one.goesOn();
		this.world.endsWith(one);
	}

	@Test
	void coldStartBesideALiveIncumbentFailsAndNamesIt() {
		Instance incumbent = this.world.incumbent();
		Instance other = this.world.start(Mode.COLD);
		assertFailsNaming(other, incumbent);
		this.world.isUpgraded(incumbent);
	}

	private static void assertFailsNaming(Instance failed, Instance running) {
		failed.world.pass(Duration.ofSeconds(1));
		assertThat(failed.failure()).isInstanceOf(UpgradeException.class)
			.hasMessageContaining(World.PATH)
			.hasMessageContaining("pid=" + running.pid());
		assertThat(((UpgradeException) failed.failure()).getAction()).contains("--upgrade");
		assertThat(failed.exitCode()).isEqualTo(1);
	}

	@Test
	void coldStartServesWhileThePreviousInstanceDrainsAfterSigterm() {
		Instance previous = this.world.incumbent();
		previous.connections.busyFor(Duration.ofSeconds(20));
		previous.terminated();
		Instance next = this.world.instance(Mode.COLD).begin();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(previous.alive()).isTrue();
		assertThat(next.phase()).isEqualTo(Phase.SERVING);
		this.world.endsWith(next);
		assertThat(previous.exitCode()).isEqualTo(143);
	}

	@Test
	void coldStartInTheMomentBetweenReleaseAndTakeOverGivesTheLockBackAndFails() {
		Instance incumbent = this.world.incumbent();
		Instance successor = this.world.waitingSuccessor();
		Script moment = new Script(this.world);
		// Whoever is quickest takes the lock when the incumbent frees it.
		incumbent.beforeCommit(moment::lock);
		incumbent.handover.signalled();
		this.world.settle();
		assertThat(successor.phase()).isEqualTo(Phase.TAKING_OVER);
		moment.unlock();
		Instance cold = this.world.instance(Mode.COLD);
		cold.tryAcquire();
		cold.begin();
		this.world.pass(Duration.ofMillis(10));
		assertThat(cold.failure()).hasMessageContaining(World.PATH);
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.phase()).isEqualTo(Phase.SERVING);
		this.world.endsWith(successor);
	}

	@ParameterizedTest
	@EnumSource(Mode.class)
	void unusablePathFailsAndChangesNothing(Mode mode) {
		Instance instance = this.world.instance(mode);
		instance.broken.add("path");
		instance.begin();
		this.world.settle();
		assertThat(instance.failure()).isInstanceOf(UpgradeSocketException.class);
		assertThat(instance.calls).doesNotContain("socket.publish", "lock.tryAcquire", "socket.connect");
		this.world.endsWith(null);
	}

	@Test
	void coldStartThatFailsFreesLockAndPath() {
		Instance failing = this.world.instance(Mode.COLD).failingAt(Stage.REST).begin();
		this.world.settle();
		assertThat(failing.exitCode()).isEqualTo(1);
		assertThat(this.world.lockHolder).isNull();
		this.world.endsWith(this.world.start(Mode.COLD));
	}

	@Test
	void coldStartThatCannotTakeThePathServesNobody() {
		Instance instance = this.world.instance(Mode.COLD).heldAt(Stage.REST).begin();
		this.world.settle();
		instance.broken.add("path");
		instance.goesOn();
		assertThat(instance.failure()).isInstanceOf(UpgradeSocketException.class);
		this.world.endsWith(null);
	}

	@Test
	void sigtermEndsAColdStart() {
		Instance instance = this.world.instance(Mode.COLD).heldAt(Stage.BUILD).begin();
		this.world.settle();
		instance.terminated();
		this.world.settle();
		assertThat(instance.alive()).isFalse();
		this.world.endsWith(this.world.start(Mode.COLD));
	}

	// --- successor

	@Test
	void successorWaitsUntilItIsHandedOverTo() {
		Instance incumbent = this.world.incumbent();
		Instance successor = this.world.waitingSuccessor();
		this.world.pass(Duration.ofHours(1));
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		assertThat(successor.backgroundRuns()).isFalse();
		assertThat(successor.listeners.bound).isEmpty();
		assertThat(incumbent.handover.snapshot().successor()).isNotNull();
		incumbent.handover.signalled();
		this.world.endsWith(successor);
	}

	@Test
	void waitingSuccessorSaysEveryHalfMinuteWhatItWaitsForAndHowToTriggerIt() {
		Instance incumbent = this.world.incumbent();
		Instance successor = this.world.waitingSuccessor();
		int before = successor.journal.size();
		this.world.pass(Duration.ofSeconds(95));
		assertThat(successor.journal.subList(before, successor.journal.size())).hasSize(3)
			.allSatisfy((line) -> assertThat(line).contains("pid=" + successor.pid())
				.contains("kill -QUIT " + incumbent.pid()));
	}

	@Test
	void sigtermEndsAWaitingSuccessorAndTheNextIsWelcome() {
		Instance incumbent = this.world.incumbent();
		Instance successor = this.world.waitingSuccessor();
		successor.terminated();
		this.world.settle();
		assertThat(successor.alive()).isFalse();
		assertThat(incumbent.handover.snapshot().successor()).isNull();
		this.world.isUpgraded(incumbent);
	}

	@Test
	void successorWithoutIncumbentFailsAfterTheConnectTimeout() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).begin();
		this.world.pass(Instance.CONNECT_TIMEOUT.minusMillis(1));
		assertThat(successor.alive()).isTrue();
		this.world.pass(Duration.ofMillis(1));
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class)
			.hasMessageContaining(World.PATH)
			.hasMessageContaining("5000 ms");
		this.world.endsWith(null);
	}

	@Test
	void successorFindsAnIncumbentThatComesWithinTheConnectTimeout() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).begin();
		this.world.pass(Duration.ofSeconds(3));
		Instance incumbent = this.world.incumbent();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		incumbent.handover.signalled();
		this.world.endsWith(successor);
	}

	@Test
	void autoWithoutIncumbentBinds() {
		Instance instance = this.world.start(Mode.AUTO);
		assertThat(instance.phase()).isEqualTo(Phase.SERVING);
		assertThat(instance.handover.snapshot().generation()).isZero();
		this.world.endsWith(instance);
	}

	@Test
	void autoBesideAnIncumbentTakesOver() {
		Instance incumbent = this.world.incumbent();
		Instance successor = this.world.start(Mode.AUTO);
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		assertThat(incumbent.journal()).doesNotContain("no successor:");
		incumbent.handover.signalled();
		this.world.endsWith(successor);
		assertThat(successor.handover.snapshot().generation()).isOne();
	}

	@Test
	void autoBesideAColdStartWaitsForItAndTakesOver() {
		Instance cold = this.world.instance(Mode.COLD).heldAt(Stage.BUILD).begin();
		Instance auto = this.world.instance(Mode.AUTO).begin();
		this.world.pass(Duration.ofSeconds(1));
		cold.goesOn();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(auto.phase()).isEqualTo(Phase.WAITING);
		cold.handover.signalled();
		this.world.endsWith(auto);
	}

	@Test
	void autoBesideAnInstanceThatNeitherStartsNorStopsFailsAndNamesIt() {
		Instance cold = this.world.instance(Mode.COLD).heldAt(Stage.BUILD).begin();
		Instance auto = this.world.instance(Mode.AUTO).begin();
		this.world.pass(Instance.CONNECT_TIMEOUT);
		assertThat(auto.failure()).hasMessageContaining("pid=" + cold.pid());
		cold.goesOn();
		this.world.endsWith(cold);
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SUCCESSOR", "AUTO" })
	void secondSuccessorIsRefusedAndNamesTheFirst(Mode mode) {
		Instance incumbent = this.world.incumbent();
		Instance first = this.world.waitingSuccessor();
		Instance second = this.world.start(mode);
		assertThat(second.exitCode()).isEqualTo(1);
		assertThat(second.failure()).isInstanceOf(UpgradeException.class)
			.hasMessageContaining("pid=" + first.pid())
			.hasMessageContaining(World.PATH);
		incumbent.handover.signalled();
		this.world.endsWith(first);
	}

	@ParameterizedTest
	@EnumSource(value = Refusal.class, names = "LEAVING", mode = EnumSource.Mode.EXCLUDE)
	void refusalEndsASuccessor(Refusal reason) {
		Script incumbent = Script.incumbent(this.world);
		Instance successor = this.world.start(Mode.SUCCESSOR);
		incumbent.says(new Message.Refused(reason, 77, "pid=77 is why"));
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class).hasMessageContaining("77");
		this.world.endsWith(null);
	}

	@Test
	void refusalOfOneThatLeavesIsTriedAgainUntilTheConnectTimeout() {
		Script incumbent = Script.incumbent(this.world);
		Instance successor = this.world.start(Mode.SUCCESSOR);
		incumbent.says(new Message.Refused(Refusal.LEAVING, 77, "pid=77 is shutting down"));
		assertThat(successor.alive()).isTrue();
		incumbent.dies();
		this.world.pass(Instance.CONNECT_TIMEOUT);
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).hasMessageContaining("pid=77 is shutting down");
	}

	@Test
	void successorOfOneThatLeavesReachesTheOneThatComes() {
		Script incumbent = Script.incumbent(this.world);
		Instance successor = this.world.start(Mode.SUCCESSOR);
		incumbent.says(new Message.Refused(Refusal.LEAVING, 77, "pid=77 is shutting down"));
		incumbent.dies();
		Instance next = this.world.incumbent();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		next.handover.signalled();
		this.world.endsWith(successor);
	}

	@Test
	void autoAfterOneThatLeavesBinds() {
		Script incumbent = Script.incumbent(this.world);
		Instance successor = this.world.start(Mode.AUTO);
		incumbent.says(new Message.Refused(Refusal.LEAVING, 77, "pid=77 is shutting down"));
		incumbent.dies();
		this.world.endsWith(successor);
	}

	@Test
	void successorThatConnectsWhileTheTakeOverBeforeItIsNotCompleteComesAgain() {
		Instance incumbent = this.world.incumbent();
		Instance second = this.world.waitingSuccessor();
		second.heldAt(Stage.REST);
		incumbent.handover.signalled();
		this.world.settle();
		// Its socket stands at the path a moment before it is an incumbent.
		second.publish();
		Instance third = this.world.instance(Mode.SUCCESSOR).begin();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(third.alive()).isTrue();
		second.goesOn();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(third.phase()).isEqualTo(Phase.WAITING);
		second.handover.signalled();
		this.world.endsWith(third);
	}

	@Test
	void incumbentOfAnotherProtocolVersionIsRefused() {
		Script incumbent = Script.incumbent(this.world);
		Instance successor = this.world.start(Mode.SUCCESSOR);
		incumbent.says(new Message.Welcome(2, incumbent.pid, 0));
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).hasMessageContaining("version 2").hasMessageContaining("pid=" + incumbent.pid);
		assertThat(incumbent.lastHeard()).isInstanceOf(Message.Failed.class);
	}

	@Test
	void successorOfAnotherProtocolVersionIsRefusedAndTheNextIsWelcome() {
		Instance incumbent = this.world.incumbent();
		Script successor = Script.connectedTo(this.world);
		successor.says(new Message.Hello(2, successor.pid, "script"));
		assertThat(successor.heard).singleElement()
			.isInstanceOfSatisfying(Message.Refused.class,
					(refused) -> assertThat(refused.reason()).isEqualTo(Refusal.VERSION));
		assertThat(incumbent.journal()).contains("WARN").contains("version 2");
		this.world.isUpgraded(incumbent);
	}

	@Test
	void incumbentOfAnotherUserIsRefused() {
		Instance incumbent = this.world.incumbent();
		Instance successor = this.world.instance(Mode.SUCCESSOR);
		successor.broken.add("foreign");
		successor.begin();
		this.world.settle();
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).isInstanceOf(UpgradeSocketException.class);
		this.world.isUpgraded(incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SUCCESSOR", "AUTO" })
	void incumbentThatTakesTheConnectionAndSaysNothingIsGivenUp(Mode mode) {
		Instance incumbent = this.world.incumbent();
		incumbent.isStopped(true);
		Instance successor = this.world.start(mode);
		this.world.pass(Instance.CONNECT_TIMEOUT);
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).hasMessageContaining("did not answer");
		incumbent.isStopped(false);
		this.world.settle();
		this.world.isUpgraded(incumbent);
	}

	@Test
	void incumbentThatTalksNonsenseBeforeItsWelcomeIsGivenUpAtTheConnectTimeout() {
		Script incumbent = Script.incumbent(this.world);
		Instance successor = this.world.start(Mode.SUCCESSOR);
		incumbent.says(new Message.Commit());
		assertThat(successor.journal()).contains("WARN").contains("COMMIT");
		assertThat(incumbent.ended).isNotNull();
		this.world.pass(Instance.CONNECT_TIMEOUT.plusSeconds(1));
		assertThat(successor.exitCode()).isEqualTo(1);
	}

}
