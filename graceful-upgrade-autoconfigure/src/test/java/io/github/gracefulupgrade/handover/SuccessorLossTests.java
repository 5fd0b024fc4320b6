package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import io.github.gracefulupgrade.handover.Instance.Stage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * The successor fails, dies or is cut off, at every moment of a handover: the incumbent
 * serves on, or again, and the next successor is welcome.
 */
class SuccessorLossTests {

	private final World world = new World();

	private final Instance incumbent = this.world.incumbent();

	static Stream<Arguments> everyMomentAndMode() {
		return Arrays.stream(Moment.values())
			.flatMap((moment) -> Stream.of(arguments(moment, Mode.SUCCESSOR), arguments(moment, Mode.AUTO)));
	}

	@ParameterizedTest
	@MethodSource("everyMomentAndMode")
	void incumbentServesAfterItsSuccessorWasKilled(Moment moment, Mode mode) {
		Instance successor = moment.reach(this.world, this.incumbent, mode);
		successor.killed();
		assertServesAgain(successor, moment);
	}

	@ParameterizedTest
	@MethodSource("everyMomentAndMode")
	void incumbentServesAfterItsSuccessorWasKilledAndTheKernelWasSlowToFreeItsLock(Moment moment, Mode mode) {
		Instance successor = moment.reach(this.world, this.incumbent, mode);
		successor.killed(Duration.ofMillis(120));
		assertServesAgain(successor, moment);
	}

	@ParameterizedTest
	@MethodSource("everyMomentAndMode")
	void incumbentServesAfterItsSuccessorGotSigterm(Moment moment, Mode mode) {
		Instance successor = moment.reach(this.world, this.incumbent, mode);
		successor.terminated();
		assertServesAgain(successor, moment);
	}

	private void assertServesAgain(Instance successor, Moment moment) {
		this.world.deliver();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.alive()).isFalse();
		assertThat(this.incumbent.phase()).isEqualTo(Phase.SERVING);
		assertThat(this.incumbent.accepts()).isTrue();
		assertThat(this.incumbent.backgroundRuns()).isTrue();
		assertThat(this.incumbent.handover.snapshot().successor()).isNull();
		assertThat(this.incumbent.handover.snapshot().drainDeadline()).isNull();
		if (!moment.isBefore(Moment.OFFERED)) {
			assertThat(this.incumbent.handover.snapshot().lastAttempt().outcome()).isEqualTo(Outcome.FAILED);
		}
		// What it stopped for the one, it stops for the next again.
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(Stage.class)
	void failureOfTheApplicationIsTheReasonThatIsTold(Stage stage) {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(stage).failingAt(stage).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.pass(Duration.ofSeconds(2));
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(reply.join().outcome()).isEqualTo(Outcome.FAILED);
		assertThat(reply.join().reason()).contains("the application failed at " + stage);
		if (stage != Stage.BUILD) {
			assertThat(reply.join().duration()).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
		}
		assertThat(this.incumbent.journal()).contains("the application failed at " + stage);
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void failureAfterTheTakeOverChangesNothingForTheIncumbentWhichStillAccepts() {
		Instance successor = Moment.OWNED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		successor.failingAt(Stage.REST).goesOn();
		assertThat(this.incumbent.phase()).isEqualTo(Phase.SERVING);
		assertThat(this.incumbent.calls).doesNotContain("listeners.pause", "background.stop", "exit.prepare");
		this.world.isUpgraded(this.incumbent);
	}

	/**
	 * One that has taken over, and has not said that it accepts.
	 */
	private Script scriptedOwner() {
		Script successor = Script.connectedTo(this.world).saysHelloWaitsAndIsOffered(this.incumbent);
		successor.says(new Message.Ready(List.of("http")));
		successor.lock();
		successor.takesThePath();
		return successor;
	}

	@Test
	void lossThatEndsTheDrainIsTakenBackOnce() {
		Script successor = scriptedOwner();
		this.world.client(this.incumbent, Duration.ZERO);
		successor.says(new Message.Accepting(List.of("http"), 9));
		this.world.pass(Instance.CLOSE_TIMEOUT.plusSeconds(1));
		assertThat(successor.lastHeard()).as("all that the drain waits for an answer to")
			.isInstanceOf(Message.Handoff.class);
		successor.dies();
		assertThat(this.incumbent.phase()).isEqualTo(Phase.SERVING);
		assertThat(this.incumbent.accepts()).isTrue();
		assertThat(this.incumbent.journal.stream().filter((line) -> line.contains("owns the listeners again")))
			.singleElement()
			.asString()
			.contains("Successor pid=%d is gone".formatted(successor.pid));
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void connectionThatCannotBeSentIsServedToItsEndWhileTheSuccessorLivesOn() {
		Script successor = scriptedOwner();
		World.Client client = this.world.client(this.incumbent, Instance.CLOSE_TIMEOUT.plusSeconds(5));
		successor.says(new Message.Accepting(List.of("http"), 9));
		this.world.pass(Instance.CLOSE_TIMEOUT.plusSeconds(1));
		successor.hangsUp();
		this.world.pass(Duration.ofSeconds(10));
		assertThat(successor.heard).noneMatch(Message.Handoff.class::isInstance);
		assertThat(client.end).isEqualTo("closed");
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
	}

	@Test
	void successorThatCannotTakeThePathHasAnsweredNobodyAndFails() {
		Instance successor = Moment.OWNED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		successor.broken.add("path");
		successor.goesOn();
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.calls).doesNotContain("listeners.acceptMore");
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void successorThatFailsAfterItTookThePathLeavesItToTheIncumbent() {
		Instance successor = Moment.OWNED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		successor.broken.add("listeners.acceptMore");
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.exitCode()).isEqualTo(1);
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "CLOSING", "DRAINING", "LEAVING" })
	void successorThatDiesAfterItAcceptedGivesEverythingBack(Moment moment) {
		Instance successor = moment.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.incumbent.calls.clear();
		successor.killed();
		this.world.deliver();
		this.world.pass(Duration.ofMillis(100));
		assertThat(this.incumbent.calls).contains("lock.tryAcquire", "connections.cancelDrain", "listeners.resume",
				"background.start", "exit.cancel", "socket.publish", "pidFile.write");
		assertThat(this.incumbent.journal()).contains("accepts again");
		this.world.endsWith(this.incumbent);
	}

	@Test
	void backgroundWorkThatStillStopsWhenTheSuccessorDiesRunsAgain() {
		this.incumbent.background.stopTakes(Duration.ofSeconds(10));
		Instance successor = Moment.CLOSING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		successor.killed();
		this.world.pass(Duration.ofSeconds(11));
		assertThat(this.incumbent.backgroundRuns()).isTrue();
		this.world.endsWith(this.incumbent);
	}

	@Test
	void endOfAStopThatWasTakenBackIsNotTheEndOfTheNextStop() {
		this.incumbent.background.stopTakes(Duration.ofSeconds(20));
		Instance successor = Moment.CLOSING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		successor.killed();
		this.world.pass(Duration.ofSeconds(1));
		this.incumbent.connections.busyFor(Duration.ZERO);
		Instance second = this.world.waitingSuccessor();
		this.incumbent.handover.signalled();
		this.world.pass(Duration.ofSeconds(25));
		assertThat(this.incumbent.alive()).as("stops its background work a second time").isTrue();
		this.world.endsWith(second);
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
	}

	@Test
	void endOfADrainThatWasTakenBackIsNotTheEndOfTheNextDrain() {
		Instance successor = Moment.DRAINING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		// It ends in the very moment in which the successor dies.
		this.incumbent.connections.drainIsNotCancelled();
		successor.killed();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(this.incumbent.phase()).isEqualTo(Phase.SERVING);
		this.incumbent.connections.busyFor(Duration.ofMinutes(1));
		Instance second = this.world.waitingSuccessor();
		this.incumbent.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT.plus(Moment.BUSY).minusSeconds(5));
		assertThat(this.incumbent.phase()).isEqualTo(Phase.DRAINING);
		this.world.endsWith(second);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 10, 40 })
	void incumbentDoesNotLeaveBeforeItIsCertainThatTheSuccessorLives(int millis) {
		this.incumbent.connections.busyFor(Instance.CLOSE_TIMEOUT.plusSeconds(1).plusMillis(millis));
		Instance successor = this.world.waitingSuccessor();
		this.incumbent.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT.plusSeconds(1));
		// The drain ends after the end of the connection, and before the kernel frees the
		// lock.
		successor.killed(Duration.ofMillis(millis + 20));
		this.world.endsWith(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "BUILDING", "WAITING", "OFFERED", "READY" })
	void brokenConnectionBeforeTheCommitEndsTheSuccessor(Moment moment) {
		Instance successor = moment.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.world.breakConnection(this.incumbent, successor);
		this.world.deliver();
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(5));
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.accepts()).isFalse();
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class);
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "OFFERED", "READY" })
	void brokenConnectionAfterTheOfferEndsAnAutomaticSuccessor(Moment moment) {
		Instance successor = moment.reach(this.world, this.incumbent, Mode.AUTO);
		this.world.breakConnection(this.incumbent, successor);
		this.world.deliver();
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(5));
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class).hasMessageContaining("lives");
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "COMMITTED", "OWNED", "ACCEPTING", "CLOSING", "DRAINING", "LEAVING" })
	void brokenConnectionAfterTheCommitLeavesOneOwner(Moment moment) {
		Instance successor = moment.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.world.breakConnection(this.incumbent, successor);
		this.world.deliver();
		successor.goesOn();
		this.world.pass(Duration.ofMinutes(2));
		Instance owner = (this.world.lockHolder == successor) ? successor : this.incumbent;
		assertThat(this.incumbent.alive()).isNotEqualTo(successor.alive());
		if (moment != Moment.COMMITTED) {
			assertThat(owner).isEqualTo(successor);
			assertThat(this.incumbent.exitCode()).isEqualTo(0);
		}
		this.world.isUpgraded(owner);
	}

	@Test
	void requestIsAnsweredByTheDeedIfTheWordGotLost() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.REST).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.settle();
		this.world.breakConnection(this.incumbent, successor);
		this.world.pass(Duration.ofSeconds(1));
		assertThat(reply).isNotDone();
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(reply.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
		this.world.endsWith(successor);
	}

	@Test
	void successorThatLostItsConnectionAndThenDiesWhileItHoldsTheLockIsReplaced() {
		Instance successor = Moment.OWNED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.world.breakConnection(this.incumbent, successor);
		this.world.pass(Duration.ofSeconds(30));
		successor.killed();
		this.world.pass(Duration.ofSeconds(1));
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void incumbentThatHearsNoGoodbyeLeavesNevertheless() {
		Instance successor = Moment.LEAVING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.world.pass(Incumbent.PROMPT_ANSWER);
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
		this.world.deliver();
		this.world.endsWith(successor);
	}

	@Test
	void coldStartThatIsQuickerThanTheIncumbentCannotBindAndChangesNothing() {
		Instance successor = Moment.DRAINING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.incumbent.isStopped(true);
		successor.killed();
		Instance cold = this.world.instance(Mode.COLD).heldAt(Stage.SERVERS).begin();
		this.world.settle();
		this.incumbent.isStopped(false);
		this.world.pass(Duration.ofSeconds(2));
		cold.goesOn();
		assertThat(cold.exitCode()).isEqualTo(1);
		this.world.endsWith(this.incumbent);
	}

}
