package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import io.github.gracefulupgrade.handover.Instance.Stage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The handover that succeeds, and the one that takes too long.
 */
class HandingOverTests {

	private final World world = new World();

	private final Instance incumbent = this.world.incumbent();

	// --- success

	@Test
	void incumbentThatHandedOverAndDrainedExitsWithZero() {
		this.world.isUpgraded(this.incumbent);
		assertThat(this.incumbent.calls).containsSubsequence("lock.release", "exit.prepare", "background.stop",
				"listeners.pause", "connections.drain", "exit.leave");
	}

	@Test
	void successorAcceptsOnlyWhenItIsReadyAndHoldsTheLock() {
		Instance successor = Moment.OWNED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		assertThat(this.world.lockHolder).isEqualTo(successor);
		assertThat(successor.accepts()).isFalse();
		assertThat(this.world.path.owner).isEqualTo(this.incumbent);
		assertThat(this.world.pidFile).isEqualTo(this.incumbent.pid());
		successor.goesOn();
		assertThat(successor.accepts()).isTrue();
		assertThat(successor.calls).containsSubsequence("socket.publish", "pidFile.write", "listeners.acceptMore");
		this.world.endsWith(successor);
	}

	@Test
	void bothAcceptForTheCloseTimeout() {
		Instance successor = Moment.CLOSING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		assertThat(this.incumbent.backgroundRuns()).isFalse();
		this.world.pass(Instance.CLOSE_TIMEOUT.minusMillis(1));
		assertThat(this.incumbent.accepts()).isTrue();
		assertThat(successor.accepts()).isTrue();
		this.world.pass(Duration.ofMillis(1));
		assertThat(this.incumbent.accepts()).isFalse();
		this.world.endsWith(successor);
	}

	@Test
	void bothAcceptForAPartOfTheTimeOnlyAsLongAsTheOtherDoes() {
		Instance successor = Moment.CLOSING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		assertThat(this.incumbent.acceptsInPart()).isTrue();
		assertThat(successor.acceptsInPart()).isTrue();
		this.world.pass(Instance.CLOSE_TIMEOUT);
		assertThat(successor.acceptsInPart()).isFalse();
		this.world.endsWith(successor);
		assertThat(successor.calls).contains("listeners.acceptAll");
	}

	@Test
	void incumbentWhoseSuccessorDiesAcceptsAllTheTimeAtOnce() {
		Instance successor = Moment.CLOSING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		successor.killed(Duration.ofSeconds(1));
		this.world.settle();
		assertThat(this.incumbent.phase()).as("phase while the lock lingers").isEqualTo(Phase.CLOSING);
		assertThat(this.incumbent.accepts()).isTrue();
		assertThat(this.incumbent.acceptsInPart()).isFalse();
		this.world.endsWith(this.incumbent);
	}

	@Test
	void successorWhosePredecessorDiesAcceptsAllTheTimeAtOnce() {
		Instance successor = Moment.CLOSING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.incumbent.killed();
		this.world.settle();
		assertThat(successor.accepts()).isTrue();
		assertThat(successor.acceptsInPart()).isFalse();
		this.world.endsWith(successor);
	}

	@Test
	void predecessorThatDiesDoesNotMakeASuccessorAcceptThatHasBeenReplaced() {
		Instance second = Moment.DRAINING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		Instance third = Moment.DRAINING.reach(this.world, second, Mode.SUCCESSOR);
		this.incumbent.killed();
		this.world.settle();
		assertThat(second.accepts()).isFalse();
		assertThat(third.accepts()).isTrue();
		this.world.endsWith(third);
	}

	@Test
	void requestInFlightIsWaitedForAndNothingElse() {
		this.incumbent.connections.busyFor(Duration.ofSeconds(20));
		this.world.waitingSuccessor();
		this.incumbent.handover.signalled();
		this.world.pass(Duration.ofSeconds(20).minusMillis(1));
		assertThat(this.incumbent.alive()).isTrue();
		this.world.pass(Duration.ofMillis(1));
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
		assertThat(this.incumbent.journal()).contains("1 request(s) finished, 0 cut");
	}

	@Test
	void requestThatOutlivesTheGracePeriodIsCutThenAndToldAsAWarning() {
		this.incumbent.connections.busyFor(Duration.ofHours(1));
		this.world.waitingSuccessor();
		this.incumbent.handover.signalled();
		Duration end = Instance.CLOSE_TIMEOUT.plus(Instance.GRACE_PERIOD);
		this.world.pass(end.minusMillis(1));
		assertThat(this.incumbent.alive()).isTrue();
		this.world.pass(Duration.ofMillis(1));
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
		assertThat(this.incumbent.journal).anySatisfy((line) -> assertThat(line).startsWith("WARN").contains("1 cut"));
	}

	@Test
	void drainSaysWhatIsLeft() {
		Moment.DRAINING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		assertThat(this.incumbent.handover.snapshot().drainDeadline()).isNotNull();
		int before = this.incumbent.journal.size();
		this.world.pass(Duration.ofSeconds(11));
		assertThat(this.incumbent.journal.subList(before, this.incumbent.journal.size())).hasSize(2)
			.allSatisfy((line) -> assertThat(line).contains("1 request(s) left"));
	}

	@Test
	void incumbentWhoseBackgroundWorkIsSlowerThanItsDrainExitsWhenThatStopped() {
		this.incumbent.background.stopTakes(Duration.ofSeconds(20));
		this.world.waitingSuccessor();
		this.incumbent.handover.signalled();
		this.world.pass(Duration.ofSeconds(19));
		assertThat(this.incumbent.alive()).isTrue();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
	}

	@Test
	void incumbentWhoseBackgroundWorkNeverStopsLeavesAllTheSame() {
		this.incumbent.background.stopTakes(Duration.ofDays(1));
		this.world.waitingSuccessor();
		this.incumbent.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT.plus(Instance.GRACE_PERIOD));
		assertThat(this.incumbent.alive()).isTrue();
		this.world.pass(Incumbent.PROMPT_ANSWER.plusSeconds(1));
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
		assertThat(this.incumbent.journal).anyMatch((line) -> line
			.contains("Background work of incumbent pid=%d has not stopped".formatted(this.incumbent.pid())));
	}

	@Test
	void incumbentWhoseSuccessorHasNoRoomLeavesWhenItsConnectionsAreDone() {
		World.Client client = this.world.client(this.incumbent, Duration.ZERO);
		Instance successor = this.world.waitingSuccessor();
		successor.connections.hasRoomFor(0);
		this.incumbent.handover.signalled();
		// Long before the grace period, at whose end it would be cut.
		this.world.pass(Instance.CLOSE_TIMEOUT.plusSeconds(5));
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
		assertThat(client.end).isEqualTo("closed");
	}

	@Test
	void listenerThatIsGoneWhenTheBelongingsAreGatheredIsNotLent() {
		this.incumbent.listeners.bound.add("other");
		this.incumbent.belongings.meanwhile = () -> this.incumbent.listeners.bound.remove("other");
		Instance successor = this.world.isUpgraded(this.incumbent);
		assertThat(successor.journal).anyMatch((line) -> line.contains("received 2 listener(s)"))
			.noneMatch((line) -> line.contains("other"));
	}

	@Test
	void backgroundWorkOfASuccessorStartsWithTheCommit() {
		Instance successor = Moment.OFFERED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.world.delay(successor, this.incumbent, true);
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(5));
		assertThat(successor.backgroundRuns()).isFalse();
		assertThat(this.incumbent.backgroundRuns()).isTrue();
		this.world.deliver();
		assertThat(successor.backgroundRuns()).isTrue();
		assertThat(this.incumbent.backgroundRuns()).isFalse();
	}

	@Test
	void everyStepIsALineWithBothPids() {
		int before = this.incumbent.journal.size();
		Instance successor = this.world.waitingSuccessor();
		this.incumbent.handover.signalled();
		this.world.endsWith(successor);
		assertThat(this.incumbent.journal.subList(before, this.incumbent.journal.size())).hasSizeGreaterThan(5)
			.allSatisfy((line) -> assertThat(line).startsWith("INFO")
				.contains("pid=" + this.incumbent.pid())
				.contains("pid=" + successor.pid()));
		assertThat(successor.journal).hasSizeGreaterThan(4)
			.allSatisfy((line) -> assertThat(line).startsWith("INFO")
				.contains("pid=" + this.incumbent.pid())
				.contains("pid=" + successor.pid()));
	}

	@Test
	void phasesFollowOneAnother() {
		Instance successor = this.world.waitingSuccessor();
		this.incumbent.handover.signalled();
		this.world.endsWith(successor);
		assertThat(phases(this.incumbent)).containsExactly(Phase.STARTING, Phase.SERVING, Phase.HANDING_OVER,
				Phase.CLOSING, Phase.DRAINING, Phase.GONE);
		assertThat(phases(successor)).containsExactly(Phase.STARTING, Phase.WAITING, Phase.TAKING_OVER, Phase.SERVING);
	}

	private static List<Phase> phases(Instance instance) {
		return instance.snapshots.stream().map(Snapshot::phase).distinct().toList();
	}

	@Test
	void successorKnowsItsPredecessorWhileThatDrainsAndAfterwards() {
		Instance successor = Moment.CLOSING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		assertThat(successor.handover.snapshot().predecessor())
			.isEqualTo(new Snapshot.Predecessor(this.incumbent.pid(), true, null));
		this.world.endsWith(successor);
		Snapshot.Predecessor predecessor = successor.handover.snapshot().predecessor();
		assertThat(predecessor.pid()).isEqualTo(this.incumbent.pid());
		assertThat(predecessor.draining()).isFalse();
		assertThat(predecessor.farewell().drained()).isEqualTo(new Connections.Drained(1, 0, 0, 0, 0, 0));
		assertThat(successor.handover.snapshot().generation()).isOne();
	}

	@Test
	void listenersInCommonAreHandedOverNewOnesBoundAndTheRestClose() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).configured("http", "admin").begin();
		this.world.settle();
		this.incumbent.configured = List.of("http");
		this.incumbent.handover.signalled();
		this.world.endsWith(successor);
		assertThat(successor.listeners.bound).containsExactly("http", "admin");
		assertThat(this.world.isBound("management")).isFalse();
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SUCCESSOR", "AUTO" })
	void successorWithNoListenerInCommonFailsAndTheIncumbentServesOn(Mode mode) {
		Instance successor = this.world.instance(mode).configured("other").begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.settle();
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class).hasMessageContaining("no listener");
		assertThat(reply.join().outcome()).isEqualTo(Outcome.FAILED);
		assertThat(reply.join().reason()).contains("no listener");
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void readyWithoutListenersIsNoReady() {
		Script successor = Script.connectedTo(this.world).saysHelloWaitsAndIsOffered(this.incumbent);
		successor.says(new Message.Ready(List.of()));
		assertThat(successor.heard).noneMatch(Message.Commit.class::isInstance);
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void offerInPartsIsOneOffer() {
		Script incumbent = scriptedIncumbent();
		Instance successor = this.world.start(Mode.SUCCESSOR);
		incumbent.says(new Message.Welcome(Message.PROTOCOL_VERSION, incumbent.pid, 4));
		incumbent.says(offer("management", true));
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		incumbent.says(offer("http", false));
		assertThat(incumbent.lastHeard()).isEqualTo(new Message.Ready(List.of("http", "management")));
		incumbent.unlock();
		incumbent.says(new Message.Commit());
		assertThat(incumbent.lastHeard()).isInstanceOf(Message.Accepting.class);
		assertThat(successor.handover.snapshot().generation()).isEqualTo(5);
		Message.Farewell farewell = new Message.Farewell(new Connections.Drained(3, 1, 4, 5, 6, 7), 20, 30);
		incumbent.says(farewell);
		assertThat(successor.handover.snapshot().predecessor())
			.isEqualTo(new Snapshot.Predecessor(incumbent.pid, false, farewell));
		assertThat(incumbent.lastHeard()).isInstanceOf(Message.Goodbye.class);
		this.world.endsWith(successor);
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SUCCESSOR", "AUTO" })
	void partOfAnOfferIsGivenBackWhenTheIncumbentDies(Mode mode) {
		Script incumbent = scriptedIncumbent();
		Instance successor = this.world.start(mode);
		incumbent.says(new Message.Welcome(Message.PROTOCOL_VERSION, incumbent.pid, 4));
		incumbent.says(offer("management", true));
		incumbent.dies();
		this.world.endsWith((mode == Mode.AUTO) ? successor : null);
		assertThat(this.world.descriptors).allSatisfy((held) -> assertThat(held.closed).isEqualTo(1));
	}

	/**
	 * In the place of the real one, which is not needed here.
	 */
	private Script scriptedIncumbent() {
		this.incumbent.killed();
		return Script.incumbent(this.world);
	}

	private static Message offer(String listener, boolean more) {
		return new Message.Offer(List.of(new Message.Listener(listener, listener, listener, Descriptor.borrowed(0))),
				more);
	}

	@Test
	void durationsOfZeroAreNoTroubleButForTheReadyTimeout() {
		Settings none = new Settings(World.PATH, "app", 0, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(1),
				Duration.ZERO, Duration.ZERO);
		this.incumbent.killed();
		Instance first = impatient(Mode.AUTO, none);
		assertThat(first.phase()).isEqualTo(Phase.SERVING);
		assertThat(first.requested().isDone()).isFalse();
		first.handover.signalled();
		this.world.settle();
		first.connections.busyFor(Duration.ofSeconds(1));
		Instance second = impatient(Mode.SUCCESSOR, none);
		assertThat(second.phase()).as("no signal is remembered").isEqualTo(Phase.WAITING);
		first.handover.signalled();
		this.world.settle();
		assertThat(first.exitCode()).isEqualTo(0);
		second.terminated();
		this.world.endsWith(null);
		assertThat(impatient(Mode.SUCCESSOR, none).exitCode()).isEqualTo(1);
	}

	private Instance impatient(Mode mode, Settings settings) {
		Instance instance = this.world.instance(mode);
		instance
			.with(new Settings(World.PATH, "app", instance.pid(), settings.connectTimeout(), settings.triggerWindow(),
					settings.readyTimeout(), settings.closeTimeout(), settings.gracePeriod()))
			.begin();
		this.world.settle();
		return instance;
	}

	@Test
	void readyTimeoutOfZeroTakesEveryOfferBack() {
		Settings given = this.incumbent.settings;
		this.incumbent.killed();
		Instance hasty = this.world.instance(Mode.COLD);
		hasty
			.with(new Settings(World.PATH, "app", hasty.pid(), given.connectTimeout(), given.triggerWindow(),
					Duration.ZERO, given.closeTimeout(), given.gracePeriod()))
			.begin();
		this.world.settle();
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.SERVERS).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = hasty.requested();
		this.world.settle();
		successor.goesOn();
		assertThat(reply.join().outcome()).isEqualTo(Outcome.FAILED);
		this.world.endsWith(hasty);
	}

	// --- the ready timeout

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SUCCESSOR", "AUTO" })
	void readyTimeoutBeforeReadyTakesTheOfferBackAndTheSuccessorExits(Mode mode) {
		Instance successor = this.world.instance(mode).heldAt(Stage.SERVERS).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.pass(Instance.READY_TIMEOUT.minusMillis(1));
		assertThat(reply).isNotDone();
		this.world.pass(Duration.ofMillis(1));
		assertThat(reply.join().outcome()).isEqualTo(Outcome.FAILED);
		assertThat(reply.join().reason()).contains("pingora.ready-timeout");
		successor.goesOn();
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class).hasMessageContaining("taken back");
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SUCCESSOR", "AUTO" })
	void readyTimeoutWithReadyOnItsWayLeavesTheIncumbentServing(Mode mode) {
		Instance successor = Moment.READY.reach(this.world, this.incumbent, mode);
		this.world.pass(Instance.READY_TIMEOUT);
		this.world.deliver();
		assertThat(this.incumbent.phase()).isEqualTo(Phase.SERVING);
		this.world.settle();
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(this.incumbent.handover.snapshot().lastAttempt().outcome()).isEqualTo(Outcome.FAILED);
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SUCCESSOR", "AUTO" })
	void readyTimeoutWithCommitOnItsWayLeavesTheIncumbentServing(Mode mode) {
		Instance successor = Moment.COMMITTED.reach(this.world, this.incumbent, mode);
		this.world.pass(Instance.READY_TIMEOUT);
		this.world.deliver();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(this.incumbent.handover.snapshot().lastAttempt().outcome()).isEqualTo(Outcome.FAILED);
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "SUCCESSOR", "AUTO" })
	void readyTimeoutWhileTheSuccessorFinishesItsStartTakesTheOwnershipBack(Mode mode) {
		Instance successor = this.world.instance(mode).heldAt(Stage.REST).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.pass(Instance.READY_TIMEOUT.plusSeconds(1));
		assertThat(reply.join().outcome()).isEqualTo(Outcome.FAILED);
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.accepts()).isFalse();
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void successorWhoseOfferWasTakenBackDoesNotAcceptEvenIfItIsReadyInThatMoment() {
		Instance successor = Moment.OWNED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.world.pass(Instance.READY_TIMEOUT.minusMillis(1));
		this.world.delay(successor, this.incumbent, true);
		successor.aborts = false;
		this.world.pass(Duration.ofMillis(1));
		assertThat(this.world.lockHolder).isNotEqualTo(successor);
		successor.goesOn();
		assertThat(successor.accepts()).isFalse();
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class);
		this.world.deliver();
		this.world.pass(Duration.ofSeconds(1));
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void readyTimeoutWithAcceptingOnItsWayHandsOver() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.REST).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.settle();
		this.world.delay(successor, this.incumbent, true);
		successor.goesOn();
		this.world.pass(Instance.READY_TIMEOUT.plusSeconds(1));
		assertThat(this.incumbent.accepts()).isTrue();
		assertThat(reply).isNotDone();
		this.world.deliver();
		assertThat(reply.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
		assertThat(reply.join().duration()).isEqualTo(Instance.READY_TIMEOUT.plusSeconds(1));
		this.world.endsWith(successor);
	}

	@Test
	void readyTimeoutOfASuccessorThatIsStoppedLeavesTheIncumbentServingUntilOneOfThemIsCertain() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).heldAt(Stage.REST).begin();
		this.world.settle();
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.settle();
		successor.isStopped(true);
		this.world.pass(Instance.READY_TIMEOUT.plusMinutes(10));
		assertThat(this.incumbent.accepts()).isTrue();
		assertThat(reply.join().outcome()).isEqualTo(Outcome.FAILED);
		Instance second = this.world.start(Mode.SUCCESSOR);
		assertThat(second.failure()).hasMessageContaining("pid=" + successor.pid());
		successor.isStopped(false);
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.exitCode()).isEqualTo(1);
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void readyTimeoutOfASuccessorThatIsStoppedAndThenKilledLeavesTheIncumbentServing() {
		Instance successor = Moment.OWNED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		successor.isStopped(true);
		this.world.pass(Instance.READY_TIMEOUT.plusMinutes(10));
		successor.killed();
		this.world.pass(Duration.ofSeconds(1));
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void successorThatWakesUpAfterTheReadyTimeoutAndAcceptsFirstHasTakenOver() {
		Instance successor = Moment.OWNED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.world.delay(this.incumbent, successor, true);
		this.world.pass(Instance.READY_TIMEOUT.plusSeconds(20));
		assertThat(this.incumbent.accepts()).isTrue();
		successor.goesOn();
		this.world.deliver();
		assertThat(this.incumbent.handover.snapshot().lastAttempt().outcome()).isEqualTo(Outcome.HANDED_OVER);
		this.world.endsWith(successor);
	}

	@Test
	void successorThatGetsNoAnswerToReadyGivesUp() {
		Instance successor = Moment.READY.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.incumbent.isStopped(true);
		this.world.pass(Instance.READY_TIMEOUT.plus(Claim.SLACK));
		assertThat(successor.exitCode()).isEqualTo(1);
		this.incumbent.isStopped(false);
		this.world.deliver();
		this.world.pass(Duration.ofSeconds(1));
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void successorTriesAgainWhenAnotherHoldsTheLockForAMoment() {
		Instance successor = Moment.COMMITTED.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		Script moment = new Script(this.world);
		moment.lock();
		this.world.deliver();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.phase()).isEqualTo(Phase.TAKING_OVER);
		moment.unlock();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(this.world.lockHolder).isEqualTo(successor);
		successor.goesOn();
		this.world.endsWith(successor);
	}

}
