package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import io.github.gracefulupgrade.handover.Instance.Stage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * More than two generations at a time.
 */
class GenerationsTests {

	private final World world = new World();

	private final Instance first = this.world.incumbent();

	/**
	 * The second generation, into which the first still drains.
	 */
	private Instance second() {
		return Moment.DRAINING.reach(this.world, this.first, Mode.SUCCESSOR);
	}

	@Test
	void thirdGenerationTakesOverWhileTheFirstDrainsAndTheSecondsExitIsNoCrashToTheFirst() {
		Instance second = second();
		Instance third = this.world.waitingSuccessor();
		second.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT);
		assertThat(second.exitCode()).isEqualTo(0);
		assertThat(this.first.phase()).isEqualTo(Phase.DRAINING);
		this.world.endsWith(third);
		assertThat(this.first.exitCode()).isEqualTo(0);
		assertThat(this.first.journal()).contains("1 request(s) finished, 0 cut").doesNotContain("accepts again");
		assertThat(this.first.handover.snapshot().lastAttempt().outcome()).isEqualTo(Outcome.HANDED_OVER);
	}

	@Test
	void firstThatLostTheSecondLeavesTheLockToTheThirdAndTheFourth() {
		Instance second = second();
		Instance third = this.world.waitingSuccessor();
		second.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT);
		assertThat(second.alive()).isFalse();
		Instance fourth = Moment.COMMITTED.reach(this.world, third, Mode.SUCCESSOR);
		// The lock is free, and the first tries for it.
		assertThat(this.world.lockHolder).isNull();
		this.world.pass(Duration.ofMillis(200));
		assertThat(this.first.phase()).isEqualTo(Phase.DRAINING);
		this.world.deliver();
		this.world.pass(Duration.ofMillis(100));
		fourth.goesOn();
		this.world.endsWith(fourth);
		assertThat(this.first.exitCode()).isEqualTo(0);
		assertThat(this.first.accepts()).isFalse();
	}

	@Test
	void firstWhoseConnectionBrokeLeavesTheLockToTheThird() {
		Instance second = second();
		this.world.breakConnection(this.first, second);
		this.world.settle();
		Instance third = Moment.COMMITTED.reach(this.world, second, Mode.SUCCESSOR);
		this.world.pass(Duration.ofMillis(200));
		assertThat(this.first.phase()).isEqualTo(Phase.DRAINING);
		this.world.deliver();
		this.world.pass(Duration.ofMillis(100));
		third.goesOn();
		this.world.endsWith(third);
	}

	@Test
	void firstAcceptsAgainWhenTheSecondDiesWhileAThirdWaits() {
		Instance second = second();
		Instance third = this.world.waitingSuccessor();
		second.killed();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(third.exitCode()).isEqualTo(1);
		this.world.isUpgraded(this.first);
	}

	@Test
	void thirdTakesOverFromTheFirstWhenTheSecondDies() {
		Instance second = second();
		Instance third = this.world.start(Mode.AUTO);
		second.killed();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(this.first.phase()).isEqualTo(Phase.SERVING);
		assertThat(third.phase()).isEqualTo(Phase.WAITING);
		this.first.handover.signalled();
		this.world.endsWith(third);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class,
			names = { "OFFERED", "READY", "COMMITTED", "OWNED", "ACCEPTING", "CLOSING", "DRAINING" })
	void oneServesWhenTheSecondDiesWhileItHandsOverToTheThird(Moment moment) {
		Instance second = second();
		Instance third = moment.reach(this.world, second, Mode.SUCCESSOR);
		second.killed();
		this.world.deliver();
		third.goesOn();
		this.world.pass(Duration.ofMinutes(2));
		assertThat(this.first.alive()).isNotEqualTo(third.alive());
		this.world.isUpgraded(this.first.alive() ? this.first : third);
	}

	@Test
	void firstAcceptsAgainWhenTheSecondLeftAndTheThirdDies() {
		this.first.connections.busyFor(Duration.ofSeconds(30));
		Instance second = this.world.waitingSuccessor();
		this.first.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT);
		Instance third = this.world.waitingSuccessor();
		second.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT);
		assertThat(second.exitCode()).isEqualTo(0);
		assertThat(this.first.phase()).isEqualTo(Phase.DRAINING);
		third.killed();
		this.world.pass(Duration.ofSeconds(1));
		this.world.isUpgraded(this.first);
	}

	@Test
	void firstAcceptsAgainAsSoonAsTheSecondWasToldToStop() {
		Instance second = second();
		second.connections.busyFor(Duration.ofSeconds(20));
		second.terminated();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(second.alive()).isTrue();
		assertThat(this.first.phase()).isEqualTo(Phase.SERVING);
		this.world.isUpgraded(this.first);
	}

	@Test
	void firstThatIsDrainedWaitsForASecondThatIsStoppingSlowly() {
		Instance second = second();
		second.slowToStop(Duration.ofSeconds(25));
		second.terminated();
		this.world.pass(Duration.ofSeconds(20));
		assertThat(this.first.alive()).isTrue();
		this.world.pass(Duration.ofSeconds(6));
		assertThat(this.first.phase()).isEqualTo(Phase.SERVING);
		this.world.isUpgraded(this.first);
	}

	@Test
	void successorOfASuccessorIsToldWhoseTurnItIs() {
		this.first.connections.busyFor(Duration.ofHours(1));
		Instance second = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.REST).begin();
		this.world.settle();
		this.first.handover.signalled();
		this.world.settle();
		Instance third = this.world.start(Mode.SUCCESSOR);
		assertThat(third.failure()).hasMessageContaining("pid=" + second.pid());
		second.goesOn();
		this.world.endsWith(second);
	}

	@Test
	void generationsAreCounted() {
		Instance second = this.world.isUpgraded(this.first);
		Instance third = this.world.isUpgraded(second);
		assertThat(third.handover.snapshot().generation()).isEqualTo(2);
		assertThat(third.handover.snapshot().predecessor().pid()).isEqualTo(second.pid());
	}

	@Test
	void tenUpgradesLeaveNothingBehind() {
		Instance owner = this.first;
		for (int i = 0; i < 10; i++) {
			owner = this.world.isUpgraded(owner);
		}
		assertThat(this.world.ends).isEmpty();
		assertThat(this.world.jobsOf(owner, Instance.TIMER)).isZero();
		Instance last = owner;
		assertThat(this.world.descriptors.stream().filter((held) -> held.owner == last)).hasSize(2)
			.allMatch((held) -> held.adopted);
	}

	@Test
	void tenFailedUpgradesLeaveNothingBehind() {
		for (int i = 0; i < 10; i++) {
			Instance successor = this.world.instance(Mode.SUCCESSOR).failingAt(Stage.SERVERS).begin();
			this.world.settle();
			CompletableFuture<Attempt> reply = this.first.requested();
			this.world.pass(Duration.ofSeconds(1));
			assertThat(reply.join().outcome()).isEqualTo(Outcome.FAILED);
			assertThat(successor.exitCode()).isEqualTo(1);
		}
		assertThat(this.world.ends).isEmpty();
		assertThat(this.world.jobsOf(this.first, Instance.TIMER)).isZero();
		this.world.isUpgraded(this.first);
	}

	/**
	 * The second, which takes established connections, and both accept.
	 */
	private Instance secondThatTakesConnections() {
		Instance second = this.world.instance(Mode.SUCCESSOR);
		second.movable = Set.of("http");
		return Moment.CLOSING.reach(this.world, this.first, second);
	}

	@Test
	void secondThatWasReplacedBeforeTheFirstDrainsIsGivenNoConnections() {
		Instance second = secondThatTakesConnections();
		World.Client client = this.world.client(this.first, Duration.ZERO);
		Instance third = this.world.waitingSuccessor();
		second.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT.plusSeconds(1));
		assertThat(this.first.serves(client)).isTrue();
		assertThat(second.calls).doesNotContain("connections.adopt");
		this.world.endsWith(third);
	}

	@Test
	void connectionsThatCrossTheWordThatTheSecondWasReplacedStayWithTheFirst() {
		Instance second = secondThatTakesConnections();
		World.Client client = this.world.client(this.first, Duration.ZERO);
		this.world.pass(Duration.ofSeconds(1));
		Instance third = this.world.waitingSuccessor();
		this.world.delay(second, this.first, true);
		second.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT.minusMillis(500));
		assertThat(this.first.phase()).isEqualTo(Phase.DRAINING);
		assertThat(second.calls).doesNotContain("connections.adopt");
		this.world.deliver();
		assertThat(this.first.serves(client)).isTrue();
		this.world.endsWith(third);
	}

	@Test
	void silenceOfADeadSuccessorAfterFarewellIsNoGoodbye() {
		Instance second = Moment.LEAVING.reach(this.world, this.first, Mode.SUCCESSOR);
		this.world.delay(second, this.first, true);
		second.killed();
		this.world.pass(Incumbent.PROMPT_ANSWER.plusSeconds(1));
		this.world.endsWith(this.first);
	}

}
