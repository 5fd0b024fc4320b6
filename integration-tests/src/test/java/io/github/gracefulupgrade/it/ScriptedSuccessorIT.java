package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import io.github.gracefulupgrade.it.ScriptedPeer.Frame;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import org.jspecify.annotations.Nullable;
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
 * A successor that was written from docs/protocol.md alone takes over from a real
 * incumbent, and one that leaves the protocol at any step harms nobody.
 */
class ScriptedSuccessorIT {

	@RegisterExtension
	static Service service = new Service("--pingora.ready-timeout=2s");

	/**
	 * The document is enough to write a successor that takes over listeners and
	 * established connections without a loss.
	 */
	@Test
	void successorWrittenFromTheDocumentTakesOver() throws Exception {
		Instance incumbent = service.incumbent();
		try (ScriptedServer server = new ScriptedServer();
				Load kept = Load.on(incumbent).keepAlive(4).fresh(0).rate(40).start().awaitAnswers(8);
				Scripted successor = new Scripted(incumbent)) {
			successor.reach(Step.OWNER);
			server.accept(successor.takeListeners());
			successor.publish();
			successor.peer.send(ScriptedPeer.ACCEPTING, RawPeer.texts(successor.names), ScriptedPeer.n31(3));
			int moved = 0;
			Frame frame = successor.peer.receive();
			for (; frame.type() == ScriptedPeer.CONNECTIONS; frame = successor.peer.receive()) {
				int count = frame.u16();
				assertThat(count).as("connections in a batch, with room for 3").isBetween(1, 3);
				assertThat(frame.descriptors()).hasSize(count);
				for (int i = 0; i < count; i++) {
					assertThat(successor.names).contains(frame.text(255));
					assertThat(frame.text(255)).as("address of the client").matches("127\\.0\\.0\\.1:[0-9]+");
					server.serve(frame.descriptors().get(i));
				}
				frame.end();
				moved += count;
				successor.peer.send(ScriptedPeer.RECEIVED, ScriptedPeer.u16(count), ScriptedPeer.n31(3));
			}
			assertThat(frame.type()).as("type of %s", frame).isEqualTo(ScriptedPeer.FAREWELL);
			frame.n63();
			assertThat(frame.n63()).as("requests that were cut").isZero();
			assertThat(frame.n63()).as("connections that moved").isEqualTo(moved);
			for (int i = 0; i < 5; i++) {
				frame.n63();
			}
			frame.end();
			successor.peer.send(ScriptedPeer.GOODBYE);
			assertThat(successor.peer.awaitEnd()).isEmpty();
			assertThat(incumbent.awaitExit()).isZero();
			assertThat(moved).as("established connections that moved").isEqualTo(4);
			kept.awaitAnswers(20);
			assertThat(kept.stop().assertNothingLost().unannouncedCloses()).isZero();
			// A real one comes after it.
			assertThat(Http.get(incumbent.port(), "/").pid()).isEqualTo(ProcessHandle.current().pid());
		}
		service.expectRefusals();
	}

	static Stream<Arguments> everyDeviationAtEveryStep() {
		return Arrays.stream(Step.values())
			.flatMap((step) -> Arrays.stream(Deviation.values()).map((deviation) -> arguments(step, deviation)));
	}

	@ParameterizedTest(name = "{0}: {1}")
	@MethodSource("everyDeviationAtEveryStep")
	void deviationHarmsNobody(Step step, Deviation deviation) throws Exception {
		Instance incumbent = service.incumbent();
		try (Scripted successor = new Scripted(incumbent)) {
			successor.reach(step);
			deviation.happens(successor.peer);
			if (deviation != Deviation.CLOSES) {
				List<Integer> types = successor.peer.awaitEnd();
				assertThat(types).as("what is said to a peer that deviates")
					.isSubsetOf(ScriptedPeer.WELCOME, ScriptedPeer.CONNECTIONS, ScriptedPeer.FAREWELL);
			}
		}
		assertServesAsBefore(incumbent);
	}

	/**
	 * Half a frame and nothing more is ended after five seconds, which the document says.
	 */
	@Tag("long")
	@ParameterizedTest
	@EnumSource
	void halfAFrameAndSilenceIsEnded(Step step) throws Exception {
		Instance incumbent = service.incumbent();
		try (Scripted successor = new Scripted(incumbent)) {
			successor.reach(step);
			successor.peer.send(new byte[] { 0, 0 });
			successor.peer.awaitEnd();
		}
		assertServesAsBefore(incumbent);
	}

	@Test
	void failedIsAnAnswerAtEveryStepAfterTheOffer() throws Exception {
		Instance incumbent = service.incumbent();
		for (Step step : List.of(Step.OFFERED, Step.COMMITTED, Step.OWNER)) {
			try (Scripted successor = new Scripted(incumbent)) {
				successor.reach(step);
				successor.peer.send(ScriptedPeer.FAILED, RawPeer.text("out of luck at " + step));
				incumbent.awaitLog("out of luck at " + step);
			}
			assertServesAsBefore(incumbent);
		}
	}

	@Test
	void secondSuccessorIsBusyAndAnotherVersionIsToldWhich() throws Exception {
		Instance incumbent = service.incumbent();
		try (Scripted first = new Scripted(incumbent)) {
			first.reach(Step.WAITING);
			try (ScriptedPeer second = ScriptedPeer.connect(service.socket())) {
				assertRefused(second.hello(), 1, ProcessHandle.current().pid());
			}
		}
		try (ScriptedPeer future = ScriptedPeer.connect(service.socket())) {
			// A later version may append fields.
			future.send(ScriptedPeer.HELLO, RawPeer.magic(2), RawPeer.number(4711), RawPeer.text("future"),
					new byte[] { 1, 2, 3 });
			assertRefused(future, 2, incumbent.pid());
		}
		assertServesAsBefore(incumbent);
	}

	private static void assertRefused(ScriptedPeer peer, int reason, long pid) {
		Frame refused = peer.hear(ScriptedPeer.REFUSED);
		refused.magic();
		assertThat(refused.u16()).as("version").isEqualTo(1);
		assertThat(refused.u8()).as("reason").isEqualTo(reason);
		assertThat(refused.n63()).as("pid in the way").isEqualTo(pid);
		assertThat(refused.text(4096)).isNotBlank();
		refused.end();
		assertThat(peer.awaitEnd()).isEmpty();
	}

	/**
	 * The 17th connection is closed as soon as it is accepted; the others stay.
	 */
	@Test
	void seventeenthConnectionIsClosed() {
		Instance incumbent = service.incumbent();
		List<ScriptedPeer> peers = new ArrayList<>();
		try {
			for (int i = 0; i < 16; i++) {
				peers.add(ScriptedPeer.connect(service.socket()));
			}
			try (ScriptedPeer further = ScriptedPeer.connect(service.socket())) {
				assertThat(further.awaitEnd()).isEmpty();
			}
			peers.get(15).hello().hear(ScriptedPeer.WELCOME);
		}
		finally {
			peers.forEach(ScriptedPeer::close);
		}
		assertServesAsBefore(incumbent);
	}

	/**
	 * It serves alone, the next successor is welcome, and whatever was sent to it is not
	 * open there any more.
	 */
	private static void assertServesAsBefore(Instance incumbent) {
		Await.until(() -> {
			try (ScriptedPeer next = ScriptedPeer.connect(service.socket())) {
				Frame frame = next.hello().receive();
				assertThat(frame.type()).isEqualTo(ScriptedPeer.WELCOME);
				frame.magic();
				assertThat(frame.u16()).as("version").isEqualTo(1);
				assertThat(frame.n63()).as("pid").isEqualTo(incumbent.pid());
				assertThat(frame.n31()).as("generation").isZero();
				frame.end();
			}
			catch (UncheckedIOException ex) {
				throw new AssertionError("It takes its path again: " + ex, ex);
			}
		});
		service.assertServes(incumbent);
		assertThat(incumbent.openDescriptors()).as("descriptors that a peer sent")
			.noneMatch((target) -> target.startsWith(Deviation.STRAY));
	}

	/**
	 * How far the script goes by the document.
	 */
	enum Step {

		CONNECTED, WELCOMED, WAITING, OFFERED, COMMITTED, OWNER, ACCEPTING

	}

	/**
	 * What is not by the document.
	 */
	enum Deviation {

		CLOSES, HALF_A_FRAME, FRAME_WITHOUT_PLACE, UNKNOWN_TYPE, OVERSIZED, EMPTY, BYTES_AFTER_THE_LAST_FIELD,
		DESCRIPTOR_WHERE_NONE_BELONGS, DESCRIPTORS_AND_HALF_A_FRAME, NO_UTF_8;

		static final String STRAY = "/dev/full";

		void happens(ScriptedPeer peer) throws IOException {
			switch (this) {
				case CLOSES -> peer.close();
				case HALF_A_FRAME -> {
					peer.send(Arrays.copyOf(RawPeer.frame(ScriptedPeer.FAILED, RawPeer.text("half")), 6));
					Posix.shutdownOutput(peer.socket());
				}
				case FRAME_WITHOUT_PLACE -> peer.send(ScriptedPeer.FAREWELL, ScriptedPeer.farewell());
				case UNKNOWN_TYPE -> peer.send(0x39);
				case OVERSIZED -> peer.send(ScriptedPeer.n31(ScriptedPeer.MAX_FRAME + 1));
				case EMPTY -> peer.send(ScriptedPeer.n31(0));
				case BYTES_AFTER_THE_LAST_FIELD -> peer.send(ScriptedPeer.FAILED, RawPeer.text("more"), new byte[1]);
				case DESCRIPTOR_WHERE_NONE_BELONGS ->
					stray((stray) -> peer.send(RawPeer.frame(ScriptedPeer.FAILED, RawPeer.text("stray")), stray));
				case DESCRIPTORS_AND_HALF_A_FRAME -> stray((stray) -> {
					peer.send(new byte[] { 0, 0, 0 }, stray, stray, stray);
					Posix.shutdownOutput(peer.socket());
				});
				case NO_UTF_8 -> peer.send(ScriptedPeer.FAILED, ScriptedPeer.u16(2), new byte[] { (byte) 0xc3, 0x28 });
			}
		}

		private static void stray(Sending sending) throws IOException {
			int stray = Posix.open(STRAY);
			try {
				sending.send(stray);
			}
			finally {
				Posix.close(stray);
			}
		}

		private interface Sending {

			void send(int stray) throws IOException;

		}

	}

	/**
	 * The script, and what it holds.
	 */
	private static final class Scripted implements AutoCloseable {

		private final Instance incumbent;

		private final ScriptedPeer peer = ScriptedPeer.connect(service.socket());

		private final ScriptedPeer.Lock lock = new ScriptedPeer.Lock(service.socket());

		private final List<String> names = new ArrayList<>();

		private final List<Integer> listeners = new ArrayList<>();

		private ScriptedPeer.@Nullable Door door;

		Scripted(Instance incumbent) throws IOException {
			this.incumbent = incumbent;
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
				case CONNECTED -> {
				}
				case WELCOMED -> this.peer.hello().hear(ScriptedPeer.WELCOME);
				case WAITING -> this.peer.send(ScriptedPeer.WAITING);
				case OFFERED -> {
					this.incumbent.quit();
					boolean more = true;
					while (more) {
						more = offered(this.peer.hear(ScriptedPeer.OFFER));
					}
				}
				case COMMITTED -> {
					assertThat(this.lock.tryAcquire()).as("the lock is free before READY").isFalse();
					this.peer.send(ScriptedPeer.READY, RawPeer.texts(this.names));
					this.peer.hear(ScriptedPeer.COMMIT).end();
				}
				case OWNER -> assertThat(this.lock.tryAcquire()).as("the lock is free after COMMIT").isTrue();
				case ACCEPTING -> {
					publish();
					this.peer.send(ScriptedPeer.ACCEPTING, RawPeer.texts(List.of()), ScriptedPeer.n31(0));
				}
			}
		}

		private boolean offered(Frame offer) {
			boolean more = offer.flag();
			int count = offer.u16();
			assertThat(offer.descriptors()).hasSize(count);
			this.listeners.addAll(offer.descriptors());
			for (int i = 0; i < count; i++) {
				this.names.add(offer.text(255));
				assertThat(offer.text(255)).as("address as configured").matches(".*:[0-9]+");
				assertThat(offer.text(255)).as("address as bound").matches(".*:[0-9]+");
			}
			offer.end();
			return more;
		}

		void publish() throws IOException {
			this.door = new ScriptedPeer.Door(service.socket());
		}

		List<Integer> takeListeners() {
			List<Integer> taken = List.copyOf(this.listeners);
			this.listeners.clear();
			return taken;
		}

		/**
		 * As the kernel does it for a process that dies.
		 */
		@Override
		public void close() throws IOException {
			this.peer.close();
			this.listeners.forEach(Posix::close);
			if (this.door != null) {
				Posix.close(this.door.socket());
			}
			this.lock.close();
		}

	}

}
