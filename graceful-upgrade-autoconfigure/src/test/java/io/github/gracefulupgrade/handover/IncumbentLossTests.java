package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import io.github.gracefulupgrade.handover.Instance.Stage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * The incumbent dies or is told to stop, at every moment of a handover.
 */
class IncumbentLossTests {

	private final World world = new World();

	private final Instance incumbent = this.world.incumbent();

	static Stream<Arguments> everyMomentAndMode() {
		return Arrays.stream(Moment.values())
			.flatMap((moment) -> Stream.of(arguments(moment, Mode.SUCCESSOR), arguments(moment, Mode.AUTO)));
	}

	// --- death

	@ParameterizedTest
	@MethodSource("everyMomentAndMode")
	void successorOfAnIncumbentThatDiesGoesOnOnceItHasTheListeners(Moment moment, Mode mode) {
		Instance successor = moment.reach(this.world, this.incumbent, mode);
		this.incumbent.killed();
		assertGoesOn(successor, moment, mode);
	}

	@ParameterizedTest
	@MethodSource("everyMomentAndMode")
	void successorOfAnIncumbentThatDiesIsPatientWithTheKernel(Moment moment, Mode mode) {
		Instance successor = moment.reach(this.world, this.incumbent, mode);
		this.incumbent.killed(Duration.ofMillis(120));
		assertGoesOn(successor, moment, mode);
	}

	private void assertGoesOn(Instance successor, Moment moment, Mode mode) {
		this.world.deliver();
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(1));
		if (moment.isBefore(Moment.OFFERED) && mode == Mode.SUCCESSOR) {
			assertThat(successor.exitCode()).isEqualTo(1);
			assertThat(successor.failure()).isInstanceOf(UpgradeException.class)
				.hasMessageContaining("pid=" + this.incumbent.pid());
			this.world.endsWith(null);
			return;
		}
		assertThat(successor.phase()).isEqualTo(Phase.SERVING);
		assertThat(successor.handover.snapshot().generation()).isEqualTo(moment.isBefore(Moment.OFFERED) ? 0 : 1);
		this.world.isUpgraded(successor);
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SUCCESSOR", "AUTO" })
	void successorWithoutAListenerInCommonFailsAlsoIfItsIncumbentDied(Mode mode) {
		Instance successor = this.world.instance(mode).configured("other").heldAt(Stage.SERVERS).begin();
		this.world.settle();
		this.incumbent.handover.signalled();
		this.world.settle();
		this.incumbent.killed();
		this.world.pass(Duration.ofSeconds(1));
		successor.goesOn();
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class).hasMessageContaining("no listener");
		assertThat(successor.calls).doesNotContain("listeners.open");
		this.world.endsWith(null);
	}

	@Test
	void incumbentThatDiesBeforeItsWelcomeIsSoughtUntilTheConnectTimeout() {
		this.incumbent.isStopped(true);
		Instance successor = this.world.start(Mode.SUCCESSOR);
		this.incumbent.killed();
		this.world.pass(Duration.ofSeconds(4));
		assertThat(successor.alive()).isTrue();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.exitCode()).isEqualTo(1);
		this.world.endsWith(null);
	}

	@Test
	void autoWhoseIncumbentIsReplacedByAnotherTakesOverFromThatOne() {
		Instance successor = Moment.BUILDING.reach(this.world, this.incumbent, Mode.AUTO);
		this.incumbent.killed();
		Instance next = this.world.start(Mode.COLD);
		this.world.pass(Duration.ofSeconds(1));
		successor.goesOn();
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		next.handover.signalled();
		this.world.endsWith(successor);
	}

	@Test
	void waitingAutoWhoseIncumbentIsReplacedByAnotherWaitsForThatOne() {
		Instance successor = Moment.WAITING.reach(this.world, this.incumbent, Mode.AUTO);
		this.incumbent.killed();
		Instance next = this.world.start(Mode.COLD);
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		next.handover.signalled();
		this.world.settle();
		successor.goesOn();
		this.world.endsWith(successor);
	}

	@Test
	void coldStartThatIsQuickerThanTheSuccessorOfADeadIncumbentDoesNotEndThatSuccessor() {
		Instance successor = Moment.OFFERED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		successor.isStopped(true);
		this.incumbent.killed();
		Instance cold = this.world.instance(Mode.COLD).heldAt(Stage.SERVERS).begin();
		this.world.settle();
		assertThat(this.world.lockHolder).isEqualTo(cold);
		successor.isStopped(false);
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(20));
		// The port is the successor's.
		cold.goesOn();
		assertThat(cold.exitCode()).isEqualTo(1);
		this.world.endsWith(successor);
	}

	// --- SIGTERM

	@ParameterizedTest
	@MethodSource("everyMomentAndMode")
	void sigtermIsObeyedInBoundedTime(Moment moment, Mode mode) {
		Instance successor = moment.reach(this.world, this.incumbent, mode);
		CompletableFuture<Void> closing = this.incumbent.handover.closing();
		this.world.pass(Instance.GRACE_PERIOD.plus(Incumbent.PROMPT_ANSWER));
		assertThat(closing).isDone();
		this.incumbent.terminated();
		this.world.deliver();
		successor.goesOn();
		this.world.pass(Duration.ofMinutes(2));
		assertThat(this.incumbent.alive()).isFalse();
		boolean takesOver = mode == Mode.AUTO || !moment.isBefore(Moment.COMMITTED);
		this.world.endsWith(takesOver ? successor : null);
	}

	@ParameterizedTest
	@MethodSource("everyMomentAndMode")
	void sigtermWhileTheSuccessorIsStopped(Moment moment, Mode mode) {
		Instance successor = moment.reach(this.world, this.incumbent, mode);
		successor.isStopped(true);
		this.incumbent.terminated();
		this.world.pass(Instance.GRACE_PERIOD.multipliedBy(2).plus(Incumbent.PROMPT_ANSWER));
		assertThat(this.incumbent.alive()).isFalse();
		successor.isStopped(false);
		this.world.deliver();
		successor.goesOn();
		boolean takesOver = mode == Mode.AUTO || !moment.isBefore(Moment.COMMITTED);
		this.world.endsWith(takesOver ? successor : null);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "BUILDING", "WAITING", "OFFERED", "READY" })
	void sigtermBeforeTheCommitTakesTheOfferBackAndShutsDownAtOnce(Moment moment) {
		Instance successor = moment.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		CompletableFuture<Void> closing = this.incumbent.handover.closing();
		this.world.settle();
		assertThat(closing).isDone();
		this.incumbent.terminated();
		this.world.deliver();
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class).hasMessageContaining("shutting down");
		this.world.endsWith(null);
	}

	@Test
	void sigtermBeforeTheCommitAnswersTheRequest() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.SERVERS).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.settle();
		this.incumbent.terminated();
		this.world.settle();
		assertThat(reply.join().outcome()).isEqualTo(Outcome.FAILED);
		successor.goesOn();
		this.world.endsWith(null);
	}

	@Test
	void automaticSuccessorGoesOnWithTheListenersOfAnIncumbentThatGotSigtermAndNoConnectIsRefused() {
		Instance successor = Moment.OFFERED.reach(this.world, this.incumbent, Mode.AUTO);
		successor.goesOn();
		this.incumbent.terminated();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.phase()).isEqualTo(Phase.SERVING);
		assertThat(successor.listeners.wasAdopted("http")).isTrue();
		this.world.endsWith(successor);
	}

	@Test
	void automaticSuccessorIsPatientWithAnIncumbentThatShutsDownSlowly() {
		Instance successor = Moment.WAITING.reach(this.world, this.incumbent, Mode.AUTO);
		// The path is gone, and what works in the background takes its time to stop.
		this.incumbent.slowToStop(Duration.ofSeconds(20));
		this.incumbent.terminated();
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(21));
		assertThat(successor.phase()).isEqualTo(Phase.SERVING);
		this.world.endsWith(successor);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "COMMITTED", "OWNED", "ACCEPTING" })
	void sigtermAfterTheCommitDrainsForWhatIsLeftOfTheGracePeriod(Moment moment) {
		Instance successor = moment.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.incumbent.connections.busyFor(Duration.ofHours(1));
		CompletableFuture<Void> closing = this.incumbent.handover.closing();
		this.world.pass(Duration.ofSeconds(10));
		this.world.deliver();
		successor.goesOn();
		assertThat(this.incumbent.phase()).isEqualTo(Phase.DRAINING);
		this.world.pass(Duration.ofSeconds(20).minusMillis(1));
		assertThat(closing).isNotDone();
		this.world.pass(Duration.ofMillis(1));
		assertThat(closing).isDone();
		this.world.endsWith(successor);
	}

	@Test
	void sigtermWhileBothAcceptStopsAcceptingAndDrains() {
		Instance successor = Moment.CLOSING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		CompletableFuture<Void> closing = this.incumbent.handover.closing();
		this.world.settle();
		assertThat(this.incumbent.phase()).isEqualTo(Phase.DRAINING);
		this.world.pass(Moment.BUSY.minusMillis(1));
		assertThat(closing).isNotDone();
		this.world.pass(Duration.ofMillis(1));
		assertThat(closing).isDone();
		this.world.endsWith(successor);
	}

	@Test
	void sigtermWhileItDrainsDoesNotProlongTheDrain() {
		Instance successor = Moment.DRAINING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		CompletableFuture<Void> closing = this.incumbent.handover.closing();
		this.world.pass(Moment.BUSY.minus(Instance.CLOSE_TIMEOUT));
		assertThat(closing).isDone();
		this.world.endsWith(successor);
	}

	@Test
	void sigtermDoesNotWaitForSlowBackgroundWork() {
		this.incumbent.background.stopTakes(Duration.ofMinutes(3));
		Instance successor = Moment.DRAINING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		CompletableFuture<Void> closing = this.incumbent.handover.closing();
		this.world.pass(Instance.GRACE_PERIOD);
		assertThat(closing).isDone();
		this.world.endsWith(successor);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "OWNED", "CLOSING", "DRAINING" })
	void sigtermAndADeadSuccessorIsAnOrdinaryShutdown(Moment moment) {
		Instance successor = moment.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.incumbent.terminated();
		this.world.settle();
		successor.killed();
		this.world.pass(Instance.GRACE_PERIOD.plusSeconds(1));
		assertThat(this.incumbent.exitCode()).isEqualTo(143);
		this.world.endsWith(null);
		this.world.endsWith(this.world.start(Mode.COLD));
	}

	@Test
	void everyoneWhoAsksWhetherItMayCloseIsAnswered() {
		Instance successor = Moment.DRAINING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		CompletableFuture<Void> first = this.incumbent.handover.closing();
		CompletableFuture<Void> second = this.incumbent.handover.closing();
		this.world.endsWith(successor);
		assertThat(first).isDone();
		assertThat(second).isDone();
	}

	@Test
	void sigtermWithoutSuccessorGivesUpPathThenLock() {
		this.incumbent.calls.clear();
		this.incumbent.connections.busyFor(Duration.ofSeconds(5));
		this.incumbent.terminated();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(this.incumbent.calls).containsSubsequence("socket.retire", "lock.release");
		assertThat(this.world.lockHolder).isNull();
		assertThat(this.incumbent.phase()).isEqualTo(Phase.STOPPING);
		this.world.endsWith(null);
	}

	@Test
	void successorThatComesWhileTheIncumbentShutsDownTriesAgainUntilTheConnectTimeout() {
		Connection.End late = this.world.connect(new Script(this.world));
		this.incumbent.slowToStop(Duration.ofSeconds(20));
		this.incumbent.terminated();
		this.world.settle();
		late.send(new Message.Hello(Message.PROTOCOL_VERSION, 1, "late"));
		Instance successor = this.world.instance(Mode.SUCCESSOR).begin();
		this.world.pass(Instance.CONNECT_TIMEOUT);
		assertThat(successor.exitCode()).isEqualTo(1);
		this.world.endsWith(null);
	}

}
