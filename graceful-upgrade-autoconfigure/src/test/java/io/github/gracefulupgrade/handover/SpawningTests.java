package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import io.github.gracefulupgrade.handover.Instance.Stage;
import io.github.gracefulupgrade.handover.SimulatedSpawner.SimulatedChild;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An incumbent that starts its successor itself.
 */
class SpawningTests {

	private final World world = new World();

	private final Instance incumbent = this.world.incumbent();

	@BeforeEach
	void enable() {
		this.incumbent.spawner.enabled = true;
		this.incumbent.spawner.next = () -> this.world.instance(Mode.SUCCESSOR);
	}

	private SimulatedChild child() {
		return this.incumbent.spawner.child();
	}

	private void childIsHeldAt(Stage stage) {
		this.incumbent.spawner.next = () -> this.world.instance(Mode.SUCCESSOR).heldAt(stage);
	}

	private void childFailsAt(Stage stage) {
		this.incumbent.spawner.next = () -> this.world.instance(Mode.SUCCESSOR).failingAt(stage);
	}

	private void assertRefused(CompletableFuture<Attempt> request, String reason) {
		this.world.settle();
		assertThat(request).isCompletedWithValueMatching(
				(attempt) -> attempt.outcome() == Outcome.REFUSED && attempt.reason().contains(reason));
	}

	/**
	 * The attempt failed with the reason and the child's last words, and the next one is
	 * not kept from succeeding.
	 */
	private void assertFailed(CompletableFuture<Attempt> request, String reason) {
		SimulatedChild child = child();
		assertThat(request).isDone();
		Attempt attempt = request.join();
		assertThat(attempt.outcome()).isEqualTo(Outcome.FAILED);
		assertThat(attempt.reason()).contains(reason);
		assertThat(attempt.output()).containsExactly("the last line of pid=" + child.pid);
		assertThat(this.incumbent.handover.snapshot().lastAttempt()).isEqualTo(attempt);
		assertThat(this.incumbent.handover.snapshot().spawn()).isNull();
		this.world.endsWith(this.incumbent);
		assertThat(child.isGone()).as("the child is gone").isTrue();
		enable();
		CompletableFuture<Attempt> next = this.incumbent.requested();
		this.world.endsWith(nextInstance());
		assertThat(next.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
	}

	private Instance nextInstance() {
		this.world.settle();
		Instance instance = child().instance;
		assertThat(instance).isNotNull();
		return instance;
	}

	// --- the way that succeeds

	@Test
	void requestStartsTheSuccessorAndHandsOver() {
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		assertThat(request).isDone();
		assertThat(request.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
		assertThat(request.join().output()).isEmpty();
		this.world.endsWith(child().instance);
		assertThat(child().letGo).isTrue();
		assertThat(child().terminated).isFalse();
		assertThat(this.incumbent.exitCode()).isZero();
	}

	@Test
	void hangupDoesTheSame() {
		this.incumbent.handover.hungUp();
		this.world.endsWith(nextInstance());
		assertThat(this.incumbent.spawner.children).hasSize(1);
	}

	@Test
	void quitStartsNothing() {
		this.incumbent.handover.signalled();
		this.world.pass(Duration.ofMinutes(5));
		assertThat(this.incumbent.spawner.children).isEmpty();
	}

	@Test
	void nothingIsStartedUnlessTheOperatorAllowsIt() {
		this.incumbent.spawner.enabled = false;
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		assertThat(request.join().outcome()).isEqualTo(Outcome.NO_SUCCESSOR);
		assertThat(this.incumbent.spawner.children).isEmpty();
	}

	@Test
	void aSuccessorThatWaitsIsTakenInsteadOfANewOne() {
		Instance successor = this.world.waitingSuccessor();
		this.incumbent.requested();
		this.world.endsWith(successor);
		assertThat(this.incumbent.spawner.children).isEmpty();
	}

	@Test
	void aSuccessorThatIsBeingBuiltIsAwaitedInsteadOfANewOne() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.BUILD).begin();
		this.world.settle();
		this.incumbent.handover.hungUp();
		this.world.settle();
		successor.goesOn();
		this.world.endsWith(successor);
		assertThat(this.incumbent.spawner.children).isEmpty();
	}

	@Test
	void theStateTellsOfTheStartAndThePhaseStays() {
		childIsHeldAt(Stage.BUILD);
		this.incumbent.requested();
		this.world.settle();
		Snapshot snapshot = this.incumbent.handover.snapshot();
		assertThat(snapshot.phase()).isEqualTo(Phase.SERVING);
		assertThat(snapshot.spawn()).isNotNull();
		assertThat(snapshot.spawn().pid()).hasValue(child().pid);
		child().instance.goesOn();
		assertThat(this.incumbent.handover.snapshot().spawn()).isNull();
	}

	@Test
	void aRememberedQuitIsForgottenWhenTheStartedSuccessorWaits() {
		this.incumbent.handover.signalled();
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.endsWith(nextInstance());
		assertThat(request.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
		assertThat(this.incumbent.handover.snapshot().lastAttempt()).isEqualTo(request.join());
	}

	@Test
	void aSuccessorThatSomebodyElseStartedMeanwhileIsAsGood() {
		this.incumbent.spawner.next = () -> null;
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		Instance other = this.world.start(Mode.SUCCESSOR);
		this.world.endsWith(other);
		assertThat(request.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
		assertThat(child().terminated).isTrue();
		assertThat(child().letGo).isFalse();
	}

	@Test
	void generationAfterGenerationIsStarted() {
		Instance current = this.incumbent;
		for (int i = 1; i <= 5; i++) {
			current.spawner.enabled = true;
			current.spawner.next = () -> this.world.instance(Mode.SUCCESSOR);
			current.requested();
			this.world.settle();
			Instance next = current.spawner.child().instance;
			this.world.endsWith(next);
			assertThat(next.handover.snapshot().generation()).isEqualTo(i);
			current = next;
		}
	}

	// --- two at once

	@Test
	void aSecondTriggerWhileOneIsBeingStartedIsRefused() {
		childIsHeldAt(Stage.BUILD);
		CompletableFuture<Attempt> first = this.incumbent.requested();
		this.world.settle();
		assertRefused(this.incumbent.requested(), "pid=" + child().pid);
		this.incumbent.handover.hungUp();
		this.incumbent.handover.signalled();
		this.world.settle();
		assertThat(first).isNotDone();
		assertThat(this.incumbent.spawner.children).hasSize(1);
		child().instance.goesOn();
		this.world.endsWith(child().instance);
		assertThat(first.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
	}

	@Test
	void aTriggerDuringTheHandoverOrTheDrainIsRefused() {
		this.incumbent.connections.busyFor(Duration.ofSeconds(20));
		childIsHeldAt(Stage.SERVERS);
		this.incumbent.handover.hungUp();
		this.world.settle();
		assertRefused(this.incumbent.requested(), "under way");
		child().instance.goesOn();
		assertRefused(this.incumbent.requested(), "already");
		this.world.pass(Duration.ofSeconds(10));
		assertRefused(this.incumbent.requested(), "already");
		this.incumbent.handover.hungUp();
		this.world.endsWith(child().instance);
		assertThat(this.incumbent.spawner.children).hasSize(1);
	}

	@Test
	void aTriggerDuringTheStartIsRefused() {
		Instance starting = new World().instance(Mode.COLD).heldAt(Stage.BUILD);
		starting.spawner.enabled = true;
		starting.begin();
		starting.world.settle();
		CompletableFuture<Attempt> request = starting.requested();
		starting.world.settle();
		assertThat(request.join().outcome()).isEqualTo(Outcome.REFUSED);
		assertThat(starting.spawner.children).isEmpty();
	}

	// --- what was started is no good

	@Test
	void aProcessThatEndsAtOnceFailsTheAttempt() {
		this.incumbent.spawner.next = () -> null;
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		child().ends("exited with code 3");
		this.world.settle();
		assertFailed(request, "exited with code 3");
	}

	@Test
	void aSpawnerThatThrowsFailsTheAttempt() {
		this.incumbent.broken.add("spawner.start");
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		assertThat(request.join().outcome()).isEqualTo(Outcome.FAILED);
		assertThat(request.join().reason()).contains("could not be started", "broken: spawner.start");
		this.incumbent.broken.clear();
		this.incumbent.requested();
		this.world.endsWith(nextInstance());
	}

	@Test
	void aProcessThatNeverConnectsIsEndedAfterTheTimeout() {
		this.incumbent.spawner.next = () -> null;
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.pass(SimulatedSpawner.TIMEOUT.minusSeconds(1));
		assertThat(request).isNotDone();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(child().terminated).isTrue();
		assertFailed(request, "not ready within 120 s (pingora.spawn.timeout)");
	}

	@Test
	void whatAProcessHasStartedIsKilledIfItOutlivesIt() {
		this.incumbent.spawner.next = () -> null;
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.pass(SimulatedSpawner.TIMEOUT);
		assertThat(request).isDone();
		assertThat(child().over).isTrue();
		assertThat(child().killed).isFalse();
		this.world.pass(Spawning.TIME_TO_END);
		assertThat(child().killed).isTrue();
	}

	@Test
	void aProcessThatDoesNotWantToEndIsKilled() {
		this.incumbent.spawner.next = () -> null;
		this.incumbent.spawner.obedient = false;
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.pass(SimulatedSpawner.TIMEOUT);
		assertThat(request).isDone();
		assertThat(child().killed).isFalse();
		this.world.pass(Spawning.TIME_TO_END);
		assertThat(child().killed).isTrue();
		assertFailed(request, "not ready");
	}

	@Test
	void aProcessThatDoesNotWantToEndIsKilledAtOnceByAnIncumbentThatHandsOverToAnotherOne() {
		this.incumbent.spawner.next = () -> null;
		this.incumbent.spawner.obedient = false;
		this.incumbent.requested();
		this.world.pass(SimulatedSpawner.TIMEOUT);
		assertThat(child().terminated).isTrue();
		Instance other = this.world.waitingSuccessor();
		CompletableFuture<Attempt> request = this.incumbent.requested();
		assertThat(child().killed).isFalse();
		this.world.settle();
		assertThat(request.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
		assertThat(child().killed).isTrue();
		this.world.endsWith(other);
	}

	@Test
	void theNextAttemptIsNotGivenToOneThatWasToldToEndAndHasNot() {
		childIsHeldAt(Stage.BUILD);
		this.incumbent.spawner.obedient = false;
		this.incumbent.requested();
		this.world.pass(SimulatedSpawner.TIMEOUT);
		SimulatedChild first = child();
		assertThat(first.isGone()).isFalse();
		enable();
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		assertThat(child()).isNotSameAs(first);
		assertThat(first.killed).isTrue();
		assertThat(request.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
		this.world.endsWith(child().instance);
	}

	@Test
	void oneThatWasToldToEndCannotComeAgain() {
		this.incumbent.spawner.next = () -> this.world.instance(Mode.AUTO).heldAt(Stage.BUILD);
		this.incumbent.spawner.obedient = false;
		this.incumbent.requested();
		this.world.pass(SimulatedSpawner.TIMEOUT);
		SimulatedChild first = child();
		this.world.pass(Duration.ofSeconds(2));
		assertThat(this.incumbent.handover.snapshot().successor()).isNull();
		first.instance.goesOn();
		assertThat(first.instance.exitCode()).isEqualTo(1);
		enable();
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.endsWith(nextInstance());
		assertThat(request.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
	}

	@Test
	void aSignalDoesNotGoToOneThatWasToldToEnd() {
		childIsHeldAt(Stage.BUILD);
		this.incumbent.spawner.obedient = false;
		this.incumbent.requested();
		this.world.pass(SimulatedSpawner.TIMEOUT);
		this.incumbent.handover.signalled();
		this.world.settle();
		child().instance.goesOn();
		assertThat(child().instance.exitCode()).isEqualTo(1);
		this.world.endsWith(this.world.start(Mode.SUCCESSOR));
	}

	@Test
	void whatAProcessPrintedLastIsShownAlsoIfItsEndIsHeardOfBeforeThatOfItsConnection() {
		childIsHeldAt(Stage.SERVERS);
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		child().ends("exited with code 137");
		this.world.settle();
		child().instance.killed();
		this.world.settle();
		assertThat(request.join().outcome()).isEqualTo(Outcome.FAILED);
		assertThat(request.join().output()).containsExactly("the last line of pid=" + child().pid);
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void aSuccessorThatIsNeverBuiltIsEndedAfterTheTimeout() {
		childIsHeldAt(Stage.BUILD);
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.pass(SimulatedSpawner.TIMEOUT);
		assertFailed(request, "not ready within");
	}

	@Test
	void aSuccessorThatFailsBeforeItWaitsFailsTheAttemptWithItsReason() {
		childFailsAt(Stage.BUILD);
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		assertFailed(request, "the application failed at BUILD");
	}

	@Test
	void aSuccessorThatFailsDuringTheHandoverFailsTheAttempt() {
		for (Stage stage : List.of(Stage.SERVERS, Stage.REST)) {
			World world = new World();
			Instance incumbent = world.incumbent();
			incumbent.spawner.enabled = true;
			incumbent.spawner.next = () -> world.instance(Mode.SUCCESSOR).failingAt(stage);
			CompletableFuture<Attempt> request = incumbent.requested();
			world.endsWith(incumbent);
			assertThat(request.join().outcome()).isEqualTo(Outcome.FAILED);
			assertThat(request.join().output()).isNotEmpty();
			assertThat(incumbent.spawner.child().isGone()).isTrue();
		}
	}

	@Test
	void aSuccessorThatHangsDuringTheHandoverIsEnded() {
		for (Stage stage : List.of(Stage.SERVERS, Stage.REST)) {
			World world = new World();
			Instance incumbent = world.incumbent();
			incumbent.spawner.enabled = true;
			incumbent.spawner.next = () -> world.instance(Mode.SUCCESSOR).heldAt(stage);
			CompletableFuture<Attempt> request = incumbent.requested();
			world.endsWith(incumbent);
			assertThat(request.join().outcome()).isEqualTo(Outcome.FAILED);
			assertThat(incumbent.spawner.child().isGone()).isTrue();
			world.isUpgraded(incumbent);
		}
	}

	@Test
	void aSuccessorThatIsStoppedAfterTheLockWasReleasedIsKilledAndTheLockComesBack() {
		childIsHeldAt(Stage.REST);
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		child().instance.isStopped(true);
		this.incumbent.spawner.obedient = false;
		this.world.pass(Duration.ofMinutes(3));
		assertThat(request.join().outcome()).isEqualTo(Outcome.FAILED);
		assertThat(child().killed).isTrue();
		this.world.endsWith(this.incumbent);
	}

	// --- the incumbent ends

	@Test
	void anIncumbentThatShutsDownTakesWhatItStartedAlong() {
		childIsHeldAt(Stage.BUILD);
		CompletableFuture<Attempt> request = this.incumbent.requested();
		this.world.settle();
		this.incumbent.terminated();
		this.world.settle();
		assertThat(request.join().reason()).contains("shutting down");
		assertThat(child().terminated).isTrue();
		assertThat(this.incumbent.exitCode()).isEqualTo(143);
		this.world.pass(Duration.ofMinutes(1));
		assertThat(child().instance.alive()).isFalse();
	}

	@Test
	void anIncumbentThatShutsDownAfterCommitLeavesItsSuccessorAlone() {
		childIsHeldAt(Stage.REST);
		this.incumbent.requested();
		this.world.settle();
		this.incumbent.terminated();
		this.world.settle();
		child().instance.goesOn();
		this.world.endsWith(child().instance);
		assertThat(child().terminated).isFalse();
	}

}
