package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.Attempt.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever a port throws: a running instance goes on, and nobody waits in vain.
 */
class FailingPortsTests {

	private final World world = new World();

	private final Instance incumbent = this.world.incumbent();

	@ParameterizedTest
	@ValueSource(strings = { "listeners.pause", "listeners.acceptLess", "connections.drain", "connections.progress",
			"background.stop", "exit.prepare", "socket.retire", "socket.answers", "socket.replaced", "lock.tryAcquire",
			"lock.holder", "observer" })
	void incumbentHandsOverNevertheless(String broken) {
		Instance successor = this.world.waitingSuccessor();
		this.incumbent.broken.add(broken);
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.pass(Instance.CLOSE_TIMEOUT.plus(Instance.GRACE_PERIOD));
		assertThat(reply.join().outcome()).isEqualTo(Outcome.HANDED_OVER);
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
		this.world.endsWith(successor);
	}

	@ParameterizedTest
	@ValueSource(strings = { "listeners.current", "lock.release" })
	void incumbentThatCannotHandOverSaysSoAndServesOn(String broken) {
		Instance successor = this.world.waitingSuccessor();
		this.incumbent.broken.add(broken);
		CompletableFuture<Attempt> reply = this.incumbent.requested();
		this.world.pass(Instance.READY_TIMEOUT.plusSeconds(1));
		assertThat(reply.join().outcome()).isEqualTo(Outcome.FAILED);
		assertThat(this.incumbent.phase()).isEqualTo(Phase.SERVING);
		assertThat(this.incumbent.journal()).contains("WARN").contains("broken: " + broken);
		this.incumbent.broken.clear();
		successor.killed();
		this.world.settle();
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@ValueSource(strings = { "connections.cancelDrain", "background.start", "exit.cancel", "socket.publish",
			"pidFile.write", "observer" })
	void incumbentAcceptsAgainNevertheless(String broken) {
		Instance successor = Moment.DRAINING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.incumbent.broken.add(broken);
		successor.killed();
		this.world.pass(Duration.ofMinutes(1));
		assertThat(this.incumbent.accepts()).isTrue();
		assertThat(this.world.lockHolder).isEqualTo(this.incumbent);
		assertThat(this.incumbent.handover.snapshot().phase()).isEqualTo(Phase.SERVING);
	}

	@Test
	void lockThatCannotBeTriedForAWhileIsTriedAgainAndToldOnce() {
		Instance successor = Moment.DRAINING.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		this.incumbent.broken.add("lock.tryAcquire");
		successor.killed();
		this.world.pass(Duration.ofSeconds(10));
		assertThat(this.incumbent.journal.stream().filter((line) -> line.contains("broken: lock.tryAcquire")))
			.hasSize(1);
		this.incumbent.broken.clear();
		this.world.pass(Duration.ofSeconds(1));
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void drainThatCannotBeginKeepsItsTime() {
		Instance successor = this.world.waitingSuccessor();
		this.incumbent.broken.add("connections.drain");
		this.incumbent.handover.signalled();
		this.world.pass(Instance.CLOSE_TIMEOUT.plus(Instance.GRACE_PERIOD).minusMillis(1));
		assertThat(this.incumbent.alive()).isTrue();
		this.world.endsWith(successor);
	}

	@ParameterizedTest
	@ValueSource(strings = { "socket.check", "lock.holder", "lock.tryAcquire", "socket.answers", "listeners.open",
			"socket.publish" })
	void coldStartThatCannotGoOnFails(String broken) {
		this.incumbent.killed();
		Instance instance = this.world.instance(Mode.COLD);
		instance.broken.add(broken);
		instance.listeners.close();
		instance.begin();
		this.world.pass(Duration.ofSeconds(10));
		assertThat(instance.exitCode()).isEqualTo(1);
		this.world.endsWith(null);
	}

	@ParameterizedTest
	@ValueSource(strings = { "socket.check", "socket.connect", "listeners.inherit", "listeners.settle",
			"lock.tryAcquire", "socket.publish", "pidFile.write", "listeners.acceptMore" })
	void successorThatCannotGoOnFailsAndTheIncumbentServesOn(String broken) {
		Instance successor = this.world.instance(Mode.SUCCESSOR);
		successor.broken.add(broken);
		successor.begin();
		this.world.settle();
		this.incumbent.handover.signalled();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).hasStackTraceContaining("broken: " + broken);
		this.incumbent.handover.signalled();
		this.world.settle();
		this.world.pass(Instance.TRIGGER_WINDOW);
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "BUILDING", "OFFERED", "OWNED" })
	void successorTidiesUpAsFarAsItCan(Moment moment) {
		Instance successor = moment.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		successor.broken.add("listeners.discard");
		successor.broken.add("socket.retire");
		successor.broken.add("observer");
		successor.handover.abandon("it is abandoned");
		this.world.settle();
		successor.goesOn();
		this.world.pass(Duration.ofSeconds(1));
		assertThat(successor.exitCode()).isEqualTo(1);
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void requestIsAnsweredWithTheStateThatItLedTo() {
		this.world.waitingSuccessor();
		CompletableFuture<Phase> phase = this.incumbent.requested().thenApply((attempt) -> this.incumbent.phase());
		this.world.settle();
		assertThat(phase).isCompletedWithValue(Phase.CLOSING);
	}

	@Test
	void failedRequestIsAnsweredWithTheStateThatItLedTo() {
		Instance successor = this.world.instance(Mode.SUCCESSOR).failingAt(Instance.Stage.SERVERS).begin();
		this.world.settle();
		CompletableFuture<Phase> phase = this.incumbent.requested().thenApply((attempt) -> this.incumbent.phase());
		this.world.settle();
		assertThat(successor.alive()).isFalse();
		assertThat(phase).isCompletedWithValue(Phase.SERVING);
	}

}
