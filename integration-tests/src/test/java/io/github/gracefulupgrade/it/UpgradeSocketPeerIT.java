package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.github.gracefulupgrade.it.RawPeer.Frame;
import io.github.gracefulupgrade.it.RawPeer.Type;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever stands at the other end of the upgrade socket and is no instance of this
 * software, in good health and of this version: it is refused and logged, and the
 * incumbent serves on.
 */
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class UpgradeSocketPeerIT {

	private static final byte[] GARBAGE = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
		.getBytes(StandardCharsets.US_ASCII);

	@RegisterExtension
	static Service service = new Service("--pingora.ready-timeout=1s", Service.NO_QUIET_PERIOD);

	/** Whom somebody has connected to. */
	private static final Set<Instance> endured = new HashSet<>();

	/**
	 * Something that connects to an incumbent.
	 */
	@Nested
	@Order(1)
	class Connecting {

		private final Instance incumbent = service.incumbent();

		private RawPeer connect() {
			return RawPeer.connect(service.socket());
		}

		@AfterEach
		void incumbentServesOnAndTheNextSuccessorIsWelcome() {
			service.assertServes(this.incumbent);
			endured.add(this.incumbent);
			Await.until(() -> {
				try (RawPeer next = connect()) {
					assertThat(next.hello(RawPeer.VERSION).receive().type()).isEqualTo(Type.WELCOME);
				}
			});
			this.incumbent.awaitLog("Successor pid=" + ProcessHandle.current().pid() + " is gone before");
		}

		@Test
		void garbageIsRefused() {
			try (RawPeer peer = connect()) {
				assertThat(peer.send(GARBAGE).awaitClose()).isZero();
			}
			this.incumbent.awaitLog("WARN.*A process connected to .*pid=" + this.incumbent.pid() + ".*garbage");
		}

		@Test
		void frameLongerThanAnyIsRefused() {
			try (RawPeer peer = connect()) {
				assertThat(peer.send((byte) 0x7f, (byte) -1, (byte) -1, (byte) -1).awaitClose()).isZero();
			}
			this.incumbent.awaitLog("WARN.*a frame of 2147483647 bytes");
		}

		@Test
		void frameOfAnUnknownTypeIsRefused() {
			try (RawPeer peer = connect()) {
				assertThat(peer.send(RawPeer.frame(0x7f)).awaitClose()).isZero();
			}
			this.incumbent.awaitLog("WARN.*unknown type 0x7f");
		}

		@Test
		void halfAFrameAndSilenceAreEndedAndKeepNoGoodSuccessorAway() {
			Instance good = service.startSuccessor();
			byte[] hello = RawPeer.frame(Type.HELLO, RawPeer.magic(RawPeer.VERSION), RawPeer.number(1),
					RawPeer.text("raw"));
			try (RawPeer half = connect(); RawPeer silent = connect()) {
				half.send(Arrays.copyOf(hello, hello.length / 2));
				good.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
				assertThat(half.awaitClose()).isZero();
				assertThat(silent.awaitClose()).isZero();
			}
			this.incumbent
				.awaitLog("WARN.*A process connected to .*pid=" + this.incumbent.pid() + ".*(nothing|stalled)");
			Await.until(() -> assertThat(Service.count(this.incumbent, "WARN.*A process connected to .*pid="))
				.isGreaterThanOrEqualTo(2));
			good.terminate();
			good.awaitExit();
		}

		@Test
		void unknownVersionIsToldWhichOneIsSpoken() {
			try (RawPeer peer = connect()) {
				Frame frame = peer.hello(99).receive();
				assertThat(frame.type()).isEqualTo(Type.REFUSED);
				assertThat(frame.refusal()).isEqualTo("VERSION");
				assertThat(frame.text()).contains("version 1").contains("version 99");
				assertThat(peer.awaitClose()).isZero();
			}
			this.incumbent.awaitLog("WARN.*refused successor pid=" + ProcessHandle.current().pid() + ".*version 99");
		}

		@Test
		void frameOutOfTurnIsRefused() {
			try (RawPeer peer = connect()) {
				assertThat(peer.send(RawPeer.frame(Type.COMMIT)).awaitClose()).isZero();
			}
			this.incumbent.awaitLog("WARN.*COMMIT instead of HELLO");
			try (RawPeer peer = connect()) {
				assertThat(peer.hello(RawPeer.VERSION).receive().type()).isEqualTo(Type.WELCOME);
				peer.send(RawPeer.frame(Type.READY, RawPeer.texts(List.of())));
				assertThat(peer.awaitClose()).isZero();
			}
			this.incumbent.awaitLog("WARN.*READY, which has no place");
		}

		@Test
		void successorThatGarblesAfterTheOfferChangesNothing() {
			try (RawPeer peer = connect()) {
				assertThat(peer.hello(RawPeer.VERSION).receive().type()).isEqualTo(Type.WELCOME);
				peer.send(RawPeer.frame(Type.WAITING));
				this.incumbent.awaitLog("Successor pid=" + ProcessHandle.current().pid() + " is ready and waits");
				this.incumbent.quit();
				assertThat(peer.receive().type()).isEqualTo(Type.OFFER);
				peer.send(GARBAGE);
				peer.awaitClose();
			}
			this.incumbent.awaitLog(Say.upgradeFailed(ProcessHandle.current().pid(), this.incumbent) + ".*garbage");
		}

		@Test
		void successorThatStallsAfterTheOfferIsGivenUpAtTheReadyTimeout() {
			try (RawPeer peer = connect()) {
				assertThat(peer.hello(RawPeer.VERSION).receive().type()).isEqualTo(Type.WELCOME);
				peer.send(RawPeer.frame(Type.WAITING));
				Service.awaitAnother(this.incumbent, "The scheduled task ran");
				this.incumbent.quit();
				assertThat(peer.receive().type()).isEqualTo(Type.OFFER);
				assertThat(peer.receive().type()).isEqualTo(Type.WITHDRAWN);
				peer.awaitClose();
			}
			this.incumbent
				.awaitLog(Say.upgradeFailed(ProcessHandle.current().pid(), this.incumbent) + ".*pingora.ready-timeout");
		}

		@Test
		void successorThatStallsAfterReadyIsGivenUpAtTheReadyTimeout() {
			try (RawPeer peer = connect()) {
				assertThat(peer.hello(RawPeer.VERSION).receive().type()).isEqualTo(Type.WELCOME);
				peer.send(RawPeer.frame(Type.WAITING));
				this.incumbent.quit();
				assertThat(peer.receive().type()).isEqualTo(Type.OFFER);
				peer.send(RawPeer.frame(Type.READY, RawPeer.texts(List.of("server"))));
				assertThat(peer.receive().type()).isEqualTo(Type.COMMIT);
				assertThat(peer.receive().type()).isEqualTo(Type.WITHDRAWN);
				peer.awaitClose();
			}
			this.incumbent.awaitLog(Say.servesOn(this.incumbent));
		}

	}

	@Nested
	@Order(2)
	class AfterAllThat {

		@Test
		void aGoodSuccessorTakesOverFromTheOneThatHasEnduredIt() {
			Instance incumbent = service.incumbent();
			assertThat(endured).allMatch(incumbent::equals);
			service.assertServesAndCanBeUpgraded(incumbent);
		}

	}

	/**
	 * Something that a successor connects to.
	 */
	@Nested
	@Order(3)
	class Answering {

		private final Path socket = service.folder().resolve("fake" + System.nanoTime() % 1_000_000);

		private final Application application = service.application()
			.upgradeSocket(this.socket)
			.args("--pingora.connect-timeout=1s");

		@AfterEach
		void nothingIsBoundAndTheOtherIncumbentServesOn() throws IOException {
			// Where the real one serves, so that a bind would be noticed.
			service.assertServes(service.incumbent());
			Files.deleteIfExists(this.socket);
		}

		private RawPeer.Incumbent listen() throws IOException {
			service.incumbent();
			return new RawPeer.Incumbent(this.socket);
		}

		@Test
		void garbageEndsTheSuccessor() throws IOException {
			try (RawPeer.Incumbent fake = listen()) {
				Instance successor = service.start(this.application.successor());
				try (RawPeer peer = fake.accept()) {
					assertThat(peer.receive().type()).isEqualTo(Type.HELLO);
					peer.send(GARBAGE).awaitClose();
				}
				Service.assertFailsToStart(successor, this.socket.toString());
			}
		}

		@Test
		void silenceEndsTheSuccessor() throws IOException {
			try (RawPeer.Incumbent fake = listen()) {
				Instance successor = service.start(this.application.successor());
				try (RawPeer peer = fake.accept()) {
					Service.assertFailsToStart(successor, this.socket.toString(), "did not answer within");
				}
			}
		}

		@Test
		void silenceEndsTheSuccessorWithAutoToo() throws IOException {
			try (RawPeer.Incumbent fake = listen()) {
				Instance successor = service.start(this.application.args("--upgrade=auto"));
				// It may look whether somebody answers before it asks.
				assertThat(successor.awaitExit()).isEqualTo(1);
			}
		}

		@Test
		void halfAFrameEndsTheSuccessor() throws IOException {
			try (RawPeer.Incumbent fake = listen()) {
				Instance successor = service.start(this.application.successor());
				try (RawPeer peer = fake.accept()) {
					peer.send((byte) 0, (byte) 0);
					Service.assertFailsToStart(successor, this.socket.toString());
				}
			}
		}

		@Test
		void unknownVersionEndsTheSuccessorAndIsNamed() throws IOException {
			try (RawPeer.Incumbent fake = listen()) {
				Instance successor = service.start(this.application.successor());
				try (RawPeer peer = fake.accept()) {
					peer.welcome(99);
					Service.assertFailsToStart(successor, "version 99", "version 1",
							"pid=" + ProcessHandle.current().pid());
				}
			}
		}

		@Test
		void offerWithoutDescriptorsEndsTheSuccessor() throws IOException {
			try (RawPeer.Incumbent fake = listen()) {
				Instance successor = service.start(this.application.successor());
				try (RawPeer peer = fake.accept()) {
					assertThat(peer.receive().type()).isEqualTo(Type.HELLO);
					peer.welcome(RawPeer.VERSION);
					assertThat(peer.receive().type()).isEqualTo(Type.WAITING);
					peer.send(RawPeer.frame(Type.OFFER, new byte[] { 0, 0, 1 }, RawPeer.text("server"),
							RawPeer.text("127.0.0.1:" + successor.port()),
							RawPeer.text("127.0.0.1:" + successor.port())));
					peer.awaitClose();
				}
				Service.assertFailsToStart(successor, "announces 1 descriptors and came with 0");
			}
		}

	}

}
