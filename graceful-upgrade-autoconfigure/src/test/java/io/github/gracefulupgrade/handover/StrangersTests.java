package io.github.gracefulupgrade.handover;

import java.util.List;
import java.util.stream.Stream;

import io.github.gracefulupgrade.handover.Message.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Peers that are silent, rude, or say the right thing at the wrong time, on either side.
 */
class StrangersTests {

	private final World world = new World();

	private final Instance incumbent = this.world.incumbent();

	/**
	 * One of every message, but HELLO.
	 */
	static Stream<Message> messages() {
		return Stream.of(new Message.Welcome(Message.PROTOCOL_VERSION, 1, 0),
				new Message.Refused(Refusal.BUSY, 1, "busy"), new Message.Waiting(), offer(),
				new Message.Ready(List.of("http")), new Message.Failed("failed"), new Message.Withdrawn(false, "no"),
				new Message.Commit(), new Message.Accepting(List.of(), 0),
				new Message.Farewell(Connections.Drained.NOTHING, 0, 0), new Message.Goodbye());
	}

	private static Message offer() {
		return new Message.Offer(List.of(new Message.Listener("http", "http", "http", Descriptor.borrowed(0)),
				new Message.Listener("management", "management", "management", Descriptor.borrowed(0))), false);
	}

	// --- towards an incumbent

	@Test
	void strangerThatSaysNothingIsSentAway() {
		Script stranger = Script.connectedTo(this.world);
		this.world.pass(Incumbent.PROMPT_ANSWER.minusMillis(1));
		assertThat(stranger.ended).isNull();
		this.world.pass(java.time.Duration.ofMillis(1));
		assertThat(stranger.ended).isNotNull();
		assertThat(this.incumbent.journal()).contains("WARN").contains("said nothing");
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void strangerThatBeginsWithSomethingElseIsSentAway(Message message) {
		Script stranger = Script.connectedTo(this.world).says(message);
		assertThat(stranger.ended).isNotNull();
		assertThat(this.incumbent.journal()).contains(message.kind());
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void strangerThatSaysGarbageIsSentAway() {
		Script.connectedTo(this.world).saysGarbage();
		assertThat(this.incumbent.journal()).contains("WARN").contains("garbage");
		this.world.isUpgraded(this.incumbent);
	}

	@Test
	void floodOfStrangersDoesNotFillTheLog() {
		for (int i = 0; i < 100; i++) {
			Script.connectedTo(this.world).hangsUp();
		}
		assertThat(strangersInTheLog()).isEqualTo(20);
		this.world.pass(java.time.Duration.ofSeconds(11));
		Script.connectedTo(this.world).hangsUp();
		assertThat(strangersInTheLog()).isEqualTo(21);
		this.world.isUpgraded(this.incumbent);
	}

	private long strangersInTheLog() {
		return this.incumbent.journal().lines().filter((line) -> line.contains("was no successor")).count();
	}

	@Test
	void strangersDoNotDisturbASuccessor() {
		Instance successor = this.world.waitingSuccessor();
		Script silent = Script.connectedTo(this.world);
		Script.connectedTo(this.world).saysGarbage();
		Script.connectedTo(this.world).hangsUp();
		this.incumbent.handover.signalled();
		this.world.settle();
		assertThat(successor.phase()).isEqualTo(Phase.SERVING);
		silent.saysHello();
		assertThat(silent.lastHeard()).isInstanceOfSatisfying(Message.Refused.class,
				(refused) -> assertThat(refused.reason()).isEqualTo(Refusal.LEAVING));
		this.world.endsWith(successor);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "BUILDING", "WAITING", "OFFERED", "READY", "COMMITTED", "OWNED" })
	void processThatConnectsWhileThereIsASuccessorIsTurnedAway(Moment moment) {
		Instance successor = moment.reach(this.world, this.incumbent, Mode.SUCCESSOR);
		Script other = Script.connectedTo(this.world).saysHello();
		assertThat(other.lastHeard()).isInstanceOfSatisfying(Message.Refused.class, (refused) -> {
			assertThat(refused.reason()).isEqualTo(Refusal.BUSY);
			assertThat(refused.pid()).isEqualTo(successor.pid());
		});
		assertThat(other.ended).isNotNull();
		this.world.deliver();
		successor.goesOn();
		this.incumbent.handover.signalled();
		this.world.endsWith(successor);
	}

	@Test
	void secondHelloOfASuccessorIsOutOfTurn() {
		Script successor = Script.connectedTo(this.world).saysHello().saysHello();
		assertThat(successor.ended).isNotNull();
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnFromASuccessorThatIsBuilt(Message message) {
		Script successor = Script.connectedTo(this.world).saysHello();
		assertTurnedAwayUnless(message instanceof Message.Waiting, successor, message);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnFromASuccessorThatWaits(Message message) {
		Script successor = Script.connectedTo(this.world).saysHello().says(new Message.Waiting());
		assertTurnedAwayUnless(false, successor, message);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnFromASuccessorThatWasOffered(Message message) {
		Script successor = Script.connectedTo(this.world).saysHelloWaitsAndIsOffered(this.incumbent);
		assertTurnedAwayUnless(message instanceof Message.Ready, successor, message);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnFromASuccessorThatWasCommittedTo(Message message) {
		Script successor = Script.connectedTo(this.world)
			.saysHelloWaitsAndIsOffered(this.incumbent)
			.says(new Message.Ready(List.of("http")));
		assertTurnedAwayUnless(message instanceof Message.Accepting, successor, message);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnFromASuccessorThatAcceptsAndDies(Message message) {
		Script successor = accepting();
		assertTurnedAwayUnless(false, successor, message, successor::dies);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnFromASuccessorThatAcceptsDuringTheDrainAndDies(Message message) {
		this.incumbent.connections.busyFor(Moment.BUSY);
		Script successor = accepting();
		this.world.pass(Instance.CLOSE_TIMEOUT.plusSeconds(1));
		assertTurnedAwayUnless(false, successor, message, successor::dies);
	}

	@Test
	void messageOutOfTurnFromASuccessorThatAcceptsAndLivesOn() {
		Script successor = accepting().says(new Message.Waiting());
		assertThat(successor.ended).isNotNull();
		this.world.pass(java.time.Duration.ofMinutes(1));
		assertThat(this.incumbent.exitCode()).isEqualTo(0);
	}

	private Script accepting() {
		Script successor = Script.connectedTo(this.world)
			.saysHelloWaitsAndIsOffered(this.incumbent)
			.says(new Message.Ready(List.of("http")));
		successor.lock();
		successor.takesThePath();
		return successor.says(new Message.Accepting(List.of(), 0));
	}

	private void assertTurnedAwayUnless(boolean inTurn, Script successor, Message message) {
		assertTurnedAwayUnless(inTurn, successor, message, () -> {
		});
	}

	private void assertTurnedAwayUnless(boolean inTurn, Script successor, Message message, Runnable next) {
		int before = this.incumbent.journal.size();
		successor.says(message);
		if (inTurn) {
			assertThat(successor.ended).isNull();
			successor.dies();
		}
		else {
			assertThat(successor.ended).isNotNull();
			assertThat(this.incumbent.journal.subList(before, this.incumbent.journal.size())).isNotEmpty()
				.first()
				.asString()
				.contains((message instanceof Message.Failed failed) ? failed.reason() : message.kind())
				.contains("pid=" + successor.pid);
		}
		next.run();
		this.world.pass(java.time.Duration.ofSeconds(1));
		assertThat(this.incumbent.phase()).isEqualTo(Phase.SERVING);
		this.world.isUpgraded(this.incumbent);
	}

	@ParameterizedTest
	@EnumSource(value = Moment.class, names = { "BUILDING", "WAITING", "OFFERED" })
	void garbageFromASuccessorEndsIt(Moment moment) {
		Script successor = Script.connectedTo(this.world).saysHello();
		if (moment != Moment.BUILDING) {
			successor.says(new Message.Waiting());
		}
		if (moment == Moment.OFFERED) {
			this.incumbent.handover.signalled();
			this.world.settle();
		}
		successor.saysGarbage();
		assertThat(this.incumbent.journal()).contains("garbage");
		this.world.isUpgraded(this.incumbent);
	}

	// --- towards a successor

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnToASuccessorThatIsBuilt(Message message) {
		Script incumbent = scriptedIncumbent();
		Instance successor = welcome(incumbent, this.world.instance(Mode.SUCCESSOR).heldAt(Instance.Stage.BUILD));
		incumbent.says(message);
		assertThat(incumbent.ended).isNotNull();
		successor.goesOn();
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class);
		this.world.endsWith(null);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnToASuccessorThatWaits(Message message) {
		Script incumbent = scriptedIncumbent();
		Instance successor = welcome(incumbent, this.world.instance(Mode.SUCCESSOR).heldAt(Instance.Stage.SERVERS));
		incumbent.says(message);
		if (message instanceof Message.Offer) {
			assertThat(incumbent.ended).isNull();
			incumbent.hangsUp();
		}
		assertEnds(successor);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnToASuccessorThatAdopts(Message message) {
		Script incumbent = scriptedIncumbent();
		Instance successor = welcome(incumbent, this.world.instance(Mode.SUCCESSOR).heldAt(Instance.Stage.SERVERS));
		incumbent.says(offer());
		incumbent.says(message);
		assertThat(incumbent.ended).isNotNull();
		assertEnds(successor);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnToASuccessorThatIsReady(Message message) {
		Script incumbent = scriptedIncumbent();
		Instance successor = welcome(incumbent, this.world.instance(Mode.SUCCESSOR).heldAt(Instance.Stage.REST));
		incumbent.says(offer());
		incumbent.says(message);
		if (message instanceof Message.Commit) {
			// The lock is not free, though: it is tried until it is clear that it lied.
			incumbent.hangsUp();
		}
		assertThat(incumbent.ended).isNotNull();
		assertEnds(successor);
	}

	/**
	 * The incumbent lives, as its lock tells.
	 */
	private void assertEnds(Instance successor) {
		this.world.pass(java.time.Duration.ofSeconds(10));
		successor.goesOn();
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).isInstanceOf(UpgradeException.class);
		this.world.endsWith(null);
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnToAnOwnerDoesNotStopItUnlessItIsWithdrawn(Message message) {
		Script incumbent = scriptedIncumbent();
		Instance successor = welcome(incumbent, this.world.instance(Mode.SUCCESSOR).heldAt(Instance.Stage.REST));
		incumbent.says(offer());
		incumbent.unlock();
		incumbent.says(new Message.Commit());
		assertThat(this.world.lockHolder).isEqualTo(successor);
		incumbent.says(message);
		assertThat(incumbent.ended).isNotNull();
		if (message instanceof Message.Withdrawn) {
			assertThat(successor.exitCode()).isEqualTo(1);
			this.world.endsWith(null);
		}
		else {
			successor.goesOn();
			this.world.endsWith(successor);
		}
	}

	@ParameterizedTest
	@MethodSource("messages")
	void messageOutOfTurnToOneThatAcceptsDoesNotStopIt(Message message) {
		Script incumbent = scriptedIncumbent();
		Instance successor = welcome(incumbent, this.world.instance(Mode.SUCCESSOR));
		incumbent.says(offer());
		incumbent.unlock();
		incumbent.says(new Message.Commit());
		assertThat(successor.phase()).isEqualTo(Phase.SERVING);
		incumbent.says(message);
		incumbent.dies();
		this.world.endsWith(successor);
	}

	@Test
	void garbageToASuccessorThatWaitsEndsIt() {
		Script incumbent = scriptedIncumbent();
		Instance successor = welcome(incumbent, this.world.instance(Mode.SUCCESSOR));
		incumbent.saysGarbage();
		assertThat(successor.exitCode()).isEqualTo(1);
		assertThat(successor.failure()).hasMessageContaining("garbage");
		this.world.endsWith(null);
	}

	/**
	 * In the place of the real one, which is not needed here.
	 */
	private Script scriptedIncumbent() {
		this.incumbent.killed();
		return Script.incumbent(this.world);
	}

	private Instance welcome(Script incumbent, Instance successor) {
		successor.begin();
		this.world.settle();
		incumbent.says(new Message.Welcome(Message.PROTOCOL_VERSION, incumbent.pid, 0));
		return successor;
	}

}
