package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import io.github.gracefulupgrade.it.ScriptedPeer.Frame;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * A real successor takes over from an incumbent that was written from docs/protocol.md
 * alone, and is neither led astray nor left behind by one that leaves the protocol at any
 * step.
 */
class ScriptedIncumbentIT {

	@RegisterExtension
	final Service service = new Service(Service.NO_QUIET_PERIOD);

	private final Application application = this.service.application().args("--pingora.connect-timeout=2s");

	private @Nullable Scripted incumbent;

	@AfterEach
	void closeIncumbent() throws IOException {
		if (this.incumbent != null) {
			this.incumbent.close();
		}
	}

	private Scripted incumbent() throws IOException {
		this.incumbent = new Scripted(this.service.socket());
		return this.incumbent;
	}

	/**
	 * The document is enough to write an incumbent that hands over listeners and
	 * established connections.
	 */
	@Test
	void successorTakesOverFromAnIncumbentWrittenFromTheDocument() throws Exception {
		Scripted incumbent = incumbent();
		Instance successor = this.service.start(this.application.successor());
		incumbent.listen(successor.port());
		int client = Posix.connect(successor.port());
		int accepted = Posix.accept(incumbent.listener, Duration.ofSeconds(10));
		incumbent.reach(Step.ACCEPTED);
		assertThat(incumbent.names).as("listeners that may be given connections").containsExactly("server");
		assertThat(incumbent.room).isPositive();
		// Whoever connects is the successor's, since nobody else accepts.
		assertThat(Http.get(successor.port(), "/").pid()).isEqualTo(successor.pid());
		incumbent.peer()
			.send(RawPeer.frame(ScriptedPeer.CONNECTIONS, ScriptedPeer.u16(1), RawPeer.text("server"),
					RawPeer.text("127.0.0.1:4711")), accepted);
		Frame received = incumbent.peer().hear(ScriptedPeer.RECEIVED);
		assertThat(received.u16()).as("connections that it took").isEqualTo(1);
		assertThat(received.n31()).as("room that is left").isPositive();
		received.end();
		Posix.close(accepted);
		assertAnswers(client, successor);
		incumbent.peer().send(ScriptedPeer.FAREWELL, ScriptedPeer.farewell()).hear(ScriptedPeer.GOODBYE).end();
		assertThat(incumbent.peer().awaitEnd()).isEmpty();
		incumbent.close();
		assertAnswers(client, successor);
		Posix.close(client);
		this.service.assertServesAndCanBeUpgraded(successor);
	}

	/**
	 * A client that an established connection was moved from under notices nothing.
	 */
	private static void assertAnswers(int client, Instance instance) throws IOException {
		Posix.write(client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
		StringBuilder answer = new StringBuilder();
		while (!answer.toString().contains("\r\n\r\n")) {
			ByteBuffer buffer = ByteBuffer.allocate(4096);
			assertThat(Posix.read(client, buffer, Duration.ofSeconds(30))).as("end of the connection").isPositive();
			answer.append(new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1));
		}
		assertThat(answer.toString()).containsIgnoringCase("X-Pid: " + instance.pid());
	}

	static Stream<Arguments> everyDeviationAtEveryStep() {
		return Arrays.stream(Step.values())
			.flatMap((step) -> Arrays.stream(Deviation.values()).map((deviation) -> arguments(step, deviation)));
	}

	/**
	 * As long as the lock is the incumbent's, the successor ends, whatever comes.
	 */
	@Tag("long")
	@ParameterizedTest(name = "{0}: {1}")
	@MethodSource("everyDeviationAtEveryStep")
	void deviationEndsASuccessorThatDoesNotOwnTheListeners(Step step, Deviation deviation) throws Exception {
		Scripted incumbent = incumbent();
		Instance successor = this.service.start(this.application.successor());
		incumbent.listen(successor.port());
		incumbent.reach(step);
		deviation.happens(incumbent.peer());
		if (step.compareTo(Step.COMMITTED) < 0) {
			Service.assertFailsToStart(successor, "Description:");
			return;
		}
		// The lock was free: it has it, and goes on with what it was handed.
		this.service.assertServesAndCanBeUpgraded(successor);
	}

	/**
	 * The two that matter most, in every build: a wrong word while it waits, and one when
	 * it owns the listeners.
	 */
	@ParameterizedTest
	@EnumSource(names = { "OFFERED", "COMMITTED" })
	void unknownFrameEndsASuccessorUnlessItOwnsTheListeners(Step step) throws Exception {
		deviationEndsASuccessorThatDoesNotOwnTheListeners(step, Deviation.UNKNOWN_TYPE);
	}

	/**
	 * What only this frame can be wrong in.
	 */
	@Tag("long")
	@ParameterizedTest
	@EnumSource
	void offerThatIsWrongEndsTheSuccessor(WrongOffer wrong) throws Exception {
		Scripted incumbent = incumbent();
		Instance successor = this.service.start(this.application.successor());
		incumbent.listen(successor.port());
		incumbent.reach(Step.WAITED);
		incumbent.peer().send(wrong.frame("127.0.0.1:" + successor.port()), wrong.descriptors(incumbent.listener));
		Service.assertFailsToStart(successor, "Description:");
	}

	@Tag("long")
	@Test
	void halfAFrameAndSilenceEndsTheSuccessor() throws Exception {
		Scripted incumbent = incumbent();
		Instance successor = this.service.start(this.application.successor());
		incumbent.listen(successor.port());
		incumbent.reach(Step.WAITED);
		incumbent.peer().send(new byte[] { 0, 0 });
		Service.assertFailsToStart(successor, "Description:");
	}

	@Tag("long")
	@Test
	void refusalsAreUnderstoodInEveryVersion() throws Exception {
		Scripted incumbent = incumbent();
		Instance successor = this.service.start(this.application.successor());
		incumbent.reach(Step.HELLO);
		// A later version, a reason that is not known, and a field that was appended.
		incumbent.peer()
			.send(ScriptedPeer.REFUSED, RawPeer.magic(3), new byte[] { 99 }, RawPeer.number(4711),
					RawPeer.text("too old"), new byte[] { 1, 2, 3 });
		Service.assertFailsToStart(successor, "too old");
	}

	/**
	 * An incumbent that leaves is left for the next one.
	 */
	@Tag("long")
	@Test
	void leavingIsNoAnswerToEndWith() throws Exception {
		Scripted incumbent = incumbent();
		Instance successor = this.service.start(this.application.args("--pingora.connect-timeout=20s").successor());
		incumbent.listen(successor.port());
		incumbent.reach(Step.HELLO);
		incumbent.peer()
			.send(ScriptedPeer.REFUSED, RawPeer.magic(1), new byte[] { 3 }, RawPeer.number(4711),
					RawPeer.text("leaving"));
		incumbent.peer().close();
		incumbent.peer = null;
		incumbent.reach(Step.ACCEPTED);
		incumbent.close();
		this.service.assertServesAndCanBeUpgraded(successor);
	}

	/**
	 * How far the script goes by the document.
	 */
	enum Step {

		HELLO, WELCOMED, WAITED, OFFERED, COMMITTED, ACCEPTED

	}

	/**
	 * What is not by the document.
	 */
	enum Deviation {

		CLOSES, HALF_A_FRAME, FRAME_WITHOUT_PLACE, UNKNOWN_TYPE, OVERSIZED, DESCRIPTOR_WHERE_NONE_BELONGS;

		void happens(ScriptedPeer peer) throws IOException {
			switch (this) {
				case CLOSES -> peer.close();
				case HALF_A_FRAME -> {
					peer.send(new byte[] { 0, 0, 0, 9, ScriptedPeer.WITHDRAWN });
					Posix.shutdownOutput(peer.socket());
				}
				case FRAME_WITHOUT_PLACE -> peer.send(ScriptedPeer.GOODBYE);
				case UNKNOWN_TYPE -> peer.send(0x39);
				case OVERSIZED -> peer.send(ScriptedPeer.n31(ScriptedPeer.MAX_FRAME + 1));
				case DESCRIPTOR_WHERE_NONE_BELONGS -> {
					int stray = Posix.open("/dev/full");
					peer.send(RawPeer.frame(ScriptedPeer.COMMIT), stray);
					Posix.close(stray);
				}
			}
		}

	}

	/**
	 * An OFFER that breaks a rule.
	 */
	enum WrongOffer {

		TOO_FEW_DESCRIPTORS, TOO_MANY_DESCRIPTORS, FLAG_OF_TWO, MORE_ENTRIES_THAN_FIT, CUT_OFF;

		byte[] frame(String address) {
			byte[] name = RawPeer.text("server");
			byte[] text = RawPeer.text(address);
			return switch (this) {
				case FLAG_OF_TWO ->
					RawPeer.frame(ScriptedPeer.OFFER, new byte[] { 2 }, ScriptedPeer.u16(1), name, text, text);
				case MORE_ENTRIES_THAN_FIT -> RawPeer.frame(ScriptedPeer.OFFER, new byte[1], ScriptedPeer.u16(33));
				case CUT_OFF -> RawPeer.frame(ScriptedPeer.OFFER, new byte[1], ScriptedPeer.u16(1), name, text);
				default -> RawPeer.frame(ScriptedPeer.OFFER, new byte[1], ScriptedPeer.u16(1), name, text, text);
			};
		}

		int[] descriptors(int listener) {
			return switch (this) {
				case TOO_FEW_DESCRIPTORS -> new int[0];
				case TOO_MANY_DESCRIPTORS -> new int[] { listener, listener };
				default -> new int[] { listener };
			};
		}

	}

	/**
	 * The script, and what it holds.
	 */
	private static final class Scripted implements AutoCloseable {

		private final ScriptedPeer.Lock lock;

		private final ScriptedPeer.Door door;

		private @Nullable ScriptedPeer peer;

		private int listener = -1;

		private String address = "";

		private List<String> names = List.of();

		private int room;

		private boolean closed;

		Scripted(Path socket) throws IOException {
			this.lock = new ScriptedPeer.Lock(socket);
			assertThat(this.lock.tryAcquire()).isTrue();
			this.door = new ScriptedPeer.Door(socket);
		}

		void listen(int port) throws IOException {
			this.address = "127.0.0.1:" + port;
			this.listener = Posix.listen(port);
		}

		ScriptedPeer peer() {
			ScriptedPeer peer = this.peer;
			assertThat(peer).as("a successor that connected").isNotNull();
			return peer;
		}

		void reach(Step last) throws IOException {
			for (Step step : Step.values()) {
				if (step.compareTo(last) <= 0) {
					goTo(step);
				}
			}
		}

		private void goTo(Step step) throws IOException {
			switch (step) {
				case HELLO -> this.peer = this.door.accept();
				case WELCOMED -> peer().welcome();
				case WAITED -> peer().hear(ScriptedPeer.WAITING).end();
				case OFFERED -> {
					peer().send(
							RawPeer.frame(ScriptedPeer.OFFER, ScriptedPeer.flag(false), ScriptedPeer.u16(1),
									RawPeer.text("server"), RawPeer.text(this.address), RawPeer.text(this.address)),
							this.listener);
				}
				case COMMITTED -> {
					Frame ready = peer().hear(ScriptedPeer.READY);
					assertThat(ready.u16()).as("listeners that it took").isEqualTo(1);
					assertThat(ready.text(255)).isEqualTo("server");
					ready.end();
					this.lock.release();
					peer().send(ScriptedPeer.COMMIT);
				}
				case ACCEPTED -> {
					Frame accepting = peer().hear(ScriptedPeer.ACCEPTING);
					this.names = Stream.generate(() -> accepting.text(255)).limit(accepting.u16()).toList();
					this.room = accepting.n31();
					accepting.end();
					assertThat(this.lock.tryAcquire()).as("the lock is free after ACCEPTING").isFalse();
				}
			}
		}

		@Override
		public void close() throws IOException {
			if (this.closed) {
				return;
			}
			this.closed = true;
			if (this.peer != null) {
				this.peer.close();
			}
			if (this.listener >= 0) {
				Posix.close(this.listener);
			}
			this.door.close();
			this.lock.close();
		}

	}

}
