package io.github.gracefulupgrade.wire;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Message.Commit;
import io.github.gracefulupgrade.handover.Message.Failed;
import io.github.gracefulupgrade.handover.Message.Goodbye;
import io.github.gracefulupgrade.handover.Message.Hello;
import io.github.gracefulupgrade.handover.Message.Listener;
import io.github.gracefulupgrade.handover.Message.Offer;
import io.github.gracefulupgrade.handover.Message.Ready;
import io.github.gracefulupgrade.handover.Message.Waiting;
import io.github.gracefulupgrade.handover.Message.Welcome;
import io.github.gracefulupgrade.handover.Peer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.FileDescriptorCast;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link UnixPeer}: an incumbent that behaves, and peers of all kinds.
 */
@Timeout(120)
class UnixPeerTests {

	private static final Duration LONG = Duration.ofSeconds(60);

	private static final Duration SHORT = Duration.ofMillis(200);

	@TempDir
	Path folder;

	private Path path;

	private final RecordedEvents here = new RecordedEvents();

	private final RecordedEvents there = new RecordedEvents();

	private UnixUpgradeSocket incumbent;

	private UnixUpgradeSocket successor;

	private OpenDescriptors descriptors;

	@BeforeAll
	static void warmUp(@TempDir Path folder) throws Exception {
		// junixsocket and the JDK keep some descriptors of their own once they are
		// loaded.
		RecordedEvents events = new RecordedEvents();
		try (UnixUpgradeSocket socket = new UnixUpgradeSocket(folder.resolve("s"), events);
				Passenger passenger = new Passenger(folder, "warm")) {
			socket.publish();
			socket.connect().send(new Offer(List.of(listener("l", passenger.number())), false));
			events.awaitReceived(Offer.class).listeners().get(0).descriptor().close();
		}
	}

	@BeforeEach
	void publish() {
		this.descriptors = new OpenDescriptors();
		this.path = this.folder.resolve("up.sock");
		publish(WireSettings.DEFAULTS);
	}

	private void publish(WireSettings settings) {
		if (this.incumbent != null) {
			this.incumbent.close();
		}
		this.incumbent = new UnixUpgradeSocket(this.path, this.here, settings);
		this.incumbent.publish();
		this.successor = new UnixUpgradeSocket(this.path, this.there, settings);
	}

	@AfterEach
	void nothingIsLeftOpen() throws Exception {
		this.incumbent.close();
		this.successor.close();
		for (Message message : this.here.received) {
			Message.discard(message);
		}
		this.descriptors.assertNoneLeft();
		assertThat(Thread.interrupted()).isFalse();
	}

	@Test
	void messagesArriveInOrderInBothDirections() throws Exception {
		Peer successor = this.successor.connect();
		successor.send(new Hello(1, 42, "shop"));
		Peer incumbent = this.here.awaitConnected();
		assertThat(this.here.awaitReceived()).isEqualTo(new Hello(1, 42, "shop"));
		incumbent.send(new Welcome(1, 17, 3));
		assertThat(this.there.awaitReceived()).isEqualTo(new Welcome(1, 17, 3));
		for (int i = 0; i < 1000; i++) {
			successor.send(new Failed("reason " + i));
			incumbent.send(new Failed("answer " + i));
		}
		for (int i = 0; i < 1000; i++) {
			assertThat(this.here.awaitReceived()).isEqualTo(new Failed("reason " + i));
			assertThat(this.there.awaitReceived()).isEqualTo(new Failed("answer " + i));
		}
		assertThat(this.here.log).startsWith("connected", "HELLO", "FAILED");
		assertThat(this.there.log).startsWith("WELCOME", "FAILED");
	}

	@Test
	void aListenerThatArrivesAcceptsAndIsClosedOnExecAndTheSendersStays() throws Exception {
		Peer successor = this.successor.connect();
		Path path = this.folder.resolve("listener.sock");
		try (AFUNIXServerSocket listening = AFUNIXServerSocket.bindOn(path, true)) {
			int number = FileDescriptorCast.using(listening.getFileDescriptor()).as(Integer.class);
			successor
				.send(new Offer(List.of(new Listener("server", "*:0", "*:8080", Descriptor.borrowed(number))), false));
			Offer offer = this.here.awaitReceived(Offer.class);
			assertThat(offer.more()).isFalse();
			Listener listener = offer.listeners().get(0);
			assertThat(listener.name()).isEqualTo("server");
			assertThat(listener.requested()).isEqualTo("*:0");
			assertThat(listener.bound()).isEqualTo("*:8080");
			int arrived = listener.descriptor().number();
			assertThat(arrived).isNotEqualTo(number);
			String flags = Files.readAllLines(Path.of("/proc/self/fdinfo/" + arrived)).get(1);
			assertThat(Integer.parseInt(flags.split("\\s+")[1], 8) & 02000000).as("O_CLOEXEC in %s", flags).isNotZero();
			try (AFUNIXSocket client = AFUNIXSocket.connectTo(AFUNIXSocketAddress.of(path));
					AFUNIXSocket accepted = FileDescriptorCast.unsafeUsing(arrived)
						.as(AFUNIXServerSocket.class)
						.accept()) {
				client.getOutputStream().write(42);
				assertThat(accepted.getInputStream().read()).isEqualTo(42);
			}
			// Closing what arrived does not shut down what stays.
			listener.descriptor().close();
			try (AFUNIXSocket client = AFUNIXSocket.connectTo(AFUNIXSocketAddress.of(path));
					AFUNIXSocket accepted = listening.accept()) {
				client.getOutputStream().write(43);
				assertThat(accepted.getInputStream().read()).isEqualTo(43);
			}
		}
	}

	@Test
	void whoReleasesADescriptorOwnsIt() throws Exception {
		Peer successor = this.successor.connect();
		int number;
		try (Passenger passenger = new Passenger(this.folder, "p")) {
			successor.send(new Offer(List.of(listener("l", passenger.number())), false));
			Descriptor descriptor = this.here.awaitReceived(Offer.class).listeners().get(0).descriptor();
			number = descriptor.release();
			descriptor.close();
			successor.close();
			this.here.awaitDisconnected();
			assertThat(passenger.is(number)).isTrue();
		}
		try (FileOutputStream out = new FileOutputStream(descriptor(number))) {
			out.write(new byte[] { 1, 2, 3 });
		}
		assertThat(this.folder.resolve("passenger-p")).hasBinaryContent(new byte[] { 1, 2, 3 });
	}

	@Test
	void manyListenersArriveInSeveralOffersEachWithItsOwnDescriptor() throws Exception {
		Peer successor = this.successor.connect();
		List<Passenger> passengers = new ArrayList<>();
		List<Listener> listeners = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			passengers.add(new Passenger(this.folder, "p" + i));
			listeners.add(listener("l" + i, passengers.get(i).number()));
		}
		successor.send(new Offer(listeners, false));
		List<Listener> came = new ArrayList<>();
		Offer offer;
		do {
			offer = this.here.awaitReceived(Offer.class);
			assertThat(offer.listeners()).hasSizeLessThanOrEqualTo(32);
			came.addAll(offer.listeners());
		}
		while (offer.more());
		assertThat(came).hasSize(100);
		for (int i = 0; i < 100; i++) {
			assertThat(came.get(i).name()).isEqualTo("l" + i);
			assertThat(passengers.get(i).is(came.get(i).descriptor().number())).isTrue();
			came.get(i).descriptor().close();
			passengers.get(i).close();
		}
	}

	@Test
	void aFrameMayComeByteByByte() throws Exception {
		try (AFUNIXSocket raw = raw(); Passenger passenger = new Passenger(this.folder, "p")) {
			byte[] frame = FrameCodec.encode(new Offer(List.of(listener("l", 0)), false));
			raw.setOutboundFileDescriptors(passenger.descriptor());
			for (byte each : frame) {
				raw.getOutputStream().write(new byte[] { each });
			}
			Listener listener = this.here.awaitReceived(Offer.class).listeners().get(0);
			assertThat(passenger.is(listener.descriptor().number())).isTrue();
			listener.descriptor().close();
		}
	}

	@Test
	void framesMayComeInOneGo() throws Exception {
		try (AFUNIXSocket raw = raw()) {
			ByteBuffer frames = ByteBuffer.allocate(10_000);
			for (int i = 0; i < 100; i++) {
				frames.put(FrameCodec.encode(new Failed("reason " + i)));
			}
			raw.getOutputStream().write(Arrays.copyOf(frames.array(), frames.position()));
			for (int i = 0; i < 100; i++) {
				assertThat(this.here.awaitReceived()).isEqualTo(new Failed("reason " + i));
			}
		}
	}

	@Test
	void whatWasSentBeforeTheEndArrives() throws Exception {
		Peer successor = this.successor.connect();
		Peer incumbent = this.here.awaitConnected();
		// What the successor never reads turns its close into a reset.
		incumbent.send(new Welcome(1, 1, 1));
		this.there.awaitReceived(Welcome.class);
		for (int i = 0; i < 100; i++) {
			incumbent.send(new Commit());
			successor.send(new Failed("last words " + i));
		}
		successor.close();
		for (int i = 0; i < 100; i++) {
			assertThat(this.here.awaitReceived()).isEqualTo(new Failed("last words " + i));
		}
		this.here.awaitDisconnected();
		assertThat(this.there.awaitDisconnected()).isEqualTo("this process closed the connection");
	}

	@Test
	void whatThePeerSentBeforeItClosedIsReadEvenIfSendingFails() throws Exception {
		for (int round = 0; round < 50; round++) {
			try (AFUNIXSocket raw = raw()) {
				Peer incumbent = this.here.awaitConnected();
				raw.getOutputStream().write(FrameCodec.encode(new Failed("no")));
				raw.getOutputStream().write(FrameCodec.encode(new Goodbye()));
				raw.close();
				incumbent.send(new Commit());
				incumbent.send(new Commit());
			}
			this.here.awaitReceived(Failed.class);
			this.here.awaitReceived(Goodbye.class);
			this.here.awaitDisconnected();
		}
		assertThat(this.here.disconnected).isEmpty();
	}

	@Test
	void theEndOfTheStreamIsToldOnce() throws Exception {
		Peer successor = this.successor.connect();
		Peer incumbent = this.here.awaitConnected();
		successor.close();
		successor.close();
		assertThat(this.here.awaitDisconnected()).isEqualTo("the peer closed the connection");
		assertThat(this.there.awaitDisconnected()).isEqualTo("this process closed the connection");
		incumbent.close();
		successor.send(new Commit());
		incumbent.send(new Commit());
		assertThat(this.here.log).containsExactly("connected", "disconnected");
		assertThat(this.there.log).containsExactly("disconnected");
	}

	@Test
	void closingAndSendingFromManySidesEndsInOneDisconnect() throws Exception {
		for (int round = 0; round < 100; round++) {
			Peer successor = this.successor.connect();
			Peer incumbent = this.here.awaitConnected();
			CyclicBarrier barrier = new CyclicBarrier(4);
			List<Thread> threads = new ArrayList<>();
			for (Runnable action : List.<Runnable>of(successor::close, incumbent::close,
					() -> incumbent.send(new Failed("x".repeat(4000))),
					() -> successor.send(new Failed("x".repeat(4000))))) {
				Thread thread = new Thread(() -> {
					try {
						barrier.await();
						action.run();
					}
					catch (Exception ex) {
						throw new IllegalStateException(ex);
					}
				});
				thread.start();
				threads.add(thread);
			}
			for (Thread thread : threads) {
				thread.join();
			}
			this.here.awaitDisconnected();
			this.there.awaitDisconnected();
		}
		assertThat(this.here.log.stream().filter("disconnected"::equals)).hasSize(100);
		assertThat(this.there.log.stream().filter("disconnected"::equals)).hasSize(100);
	}

	@Test
	void halfAFrameAndTheEndIsToldAsSuch() throws Exception {
		byte[] frame = FrameCodec.encode(new Offer(List.of(listener("l", 0)), false));
		for (int length = 1; length < frame.length; length++) {
			try (AFUNIXSocket raw = raw(); Passenger passenger = new Passenger(this.folder, "p")) {
				raw.setOutboundFileDescriptors(passenger.descriptor());
				raw.getOutputStream().write(frame, 0, length);
			}
			assertThat(this.here.awaitDisconnected())
				.isEqualTo("the peer closed the connection in the middle of a frame");
		}
		assertThat(this.here.received).isEmpty();
	}

	@Test
	void aPeerThatStallsInAFrameIsCutOff() throws Exception {
		publish(new WireSettings(LONG, SHORT, LONG, 16));
		byte[] frame = FrameCodec.encode(new Offer(List.of(listener("l", 0)), false));
		for (int length : new int[] { 1, 3, 4, 5, frame.length - 1 }) {
			try (AFUNIXSocket raw = raw(); Passenger passenger = new Passenger(this.folder, "p")) {
				raw.setOutboundFileDescriptors(passenger.descriptor());
				raw.getOutputStream().write(frame, 0, length);
				assertThat(this.here.awaitDisconnected())
					.isEqualTo("the peer stalled in the middle of a frame: no end of it within 200 ms");
				assertThat(raw.getInputStream().read()).isEqualTo(-1);
			}
		}
	}

	@Test
	void silenceBetweenFramesIsNoStall() throws Exception {
		publish(new WireSettings(SHORT, SHORT, SHORT, 16));
		Peer successor = this.successor.connect();
		successor.send(new Waiting());
		this.here.awaitReceived(Waiting.class);
		assertThat(this.here.disconnected.poll(SHORT.toMillis() * 4, TimeUnit.MILLISECONDS)).isNull();
		successor.send(new Goodbye());
		this.here.awaitReceived(Goodbye.class);
		assertThat(this.there.disconnected).isEmpty();
	}

	@Test
	void aPeerThatNeverSaysAnythingIsCutOff() throws Exception {
		publish(new WireSettings(LONG, LONG, SHORT, 16));
		try (AFUNIXSocket raw = raw()) {
			assertThat(this.here.awaitDisconnected()).isEqualTo("the peer said nothing within 200 ms");
			assertThat(raw.getInputStream().read()).isEqualTo(-1);
		}
	}

	@Test
	void garbageIsNamedAndTheNextPeerIsWelcome() throws Exception {
		try (AFUNIXSocket raw = raw()) {
			raw.getOutputStream().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes());
			assertThat(this.here.awaitDisconnected())
				.isEqualTo("the peer sent garbage: a frame of 1195725856 bytes, 1 to 65536 are allowed");
		}
		this.here.awaitConnected();
		this.successor.connect().send(new Hello(1, 42, "shop"));
		this.here.awaitReceived(Hello.class);
	}

	@Test
	void whateverIsSentHarmsNobody() throws Exception {
		Random random = new Random(20261122);
		Peer successor = this.successor.connect();
		Peer incumbent = this.here.awaitConnected();
		for (int round = 0; round < 300; round++) {
			byte[] bytes = new byte[1 + random.nextInt(300)];
			random.nextBytes(bytes);
			if (random.nextInt(3) > 0) {
				// A length that is plausible, and a type that exists.
				ByteBuffer.wrap(bytes)
					.put(Arrays.copyOf(new byte[] { 0, 0, 0, (byte) random.nextInt(100), 0x11 },
							Math.min(5, bytes.length)));
			}
			try (AFUNIXSocket raw = raw(); Passenger passenger = new Passenger(this.folder, "p")) {
				raw.setOutboundFileDescriptors(passenger.times(random.nextInt(40)));
				raw.getOutputStream().write(bytes);
			}
			catch (IOException ex) {
				// Cut off while it was writing.
			}
			this.here.awaitConnected();
			this.here.awaitDisconnected();
		}
		successor.send(new Waiting());
		assertThat(this.here.awaitReceived()).isEqualTo(new Waiting());
		incumbent.send(new Commit());
		this.there.awaitReceived(Commit.class);
	}

	@Test
	void aFrameWhoseDescriptorsAreMissingIsRefused() throws Exception {
		refuses(new Offer(List.of(listener("l", 0)), false), 0, "OFFER announces 1 descriptors and came with 0");
		refuses(new Offer(listeners(3), false), 2, "OFFER announces 3 descriptors and came with 2");
	}

	@Test
	void aFrameWithMoreDescriptorsThanItAnnouncesIsRefused() throws Exception {
		refuses(new Offer(List.of(listener("l", 0)), false), 2, "OFFER announces 1 descriptors and came with 2");
		refuses(new Commit(), 1, "COMMIT announces 0 descriptors and came with 1");
		refuses(new Offer(listeners(32), false), 33, "a frame came with 33 descriptors, at most 32 are allowed");
		refuses(new Commit(), 60, "a frame came with 60 descriptors, at most 32 are allowed");
	}

	private void refuses(Message message, int descriptors, String complaint) throws Exception {
		OpenDescriptors before = new OpenDescriptors();
		try (AFUNIXSocket raw = raw(); Passenger passenger = new Passenger(this.folder, "p")) {
			raw.setOutboundFileDescriptors(passenger.times(descriptors));
			raw.getOutputStream().write(FrameCodec.encode(message));
			assertThat(this.here.awaitDisconnected()).isEqualTo("the peer sent garbage: " + complaint);
		}
		before.assertNoneLeft();
		assertThat(this.here.received).isEmpty();
	}

	@Test
	void descriptorsThatComeWithTheLastByteBelongToTheFrame() throws Exception {
		try (AFUNIXSocket raw = raw(); Passenger passenger = new Passenger(this.folder, "p")) {
			byte[] frame = FrameCodec.encode(new Offer(List.of(listener("l", 0)), false));
			raw.getOutputStream().write(frame, 0, frame.length - 1);
			raw.setOutboundFileDescriptors(passenger.descriptor());
			raw.getOutputStream().write(frame, frame.length - 1, 1);
			this.here.awaitReceived(Offer.class).listeners().get(0).descriptor().close();
		}
	}

	@Test
	void descriptorsOfOneFrameAreNotTakenForThoseOfTheNext() throws Exception {
		try (AFUNIXSocket raw = raw(); Passenger passenger = new Passenger(this.folder, "p")) {
			raw.setOutboundFileDescriptors(passenger.descriptor());
			raw.getOutputStream().write(FrameCodec.encode(new Commit()));
			raw.getOutputStream().write(FrameCodec.encode(new Offer(List.of(listener("l", 0)), false)));
			assertThat(this.here.awaitDisconnected()).contains("COMMIT announces 0 descriptors and came with 1");
		}
		catch (IOException ex) {
			// Cut off while it was writing.
		}
	}

	@Test
	void aPeerThatDoesNotReadHoldsNobodyUp() throws Exception {
		publish(new WireSettings(SHORT, LONG, LONG, 16));
		try (AFUNIXSocket raw = raw()) {
			Peer incumbent = this.here.awaitConnected();
			long slowest = 0;
			for (int sent = 0; this.here.disconnected.isEmpty(); sent++) {
				assertThat(sent).as("messages that nobody reads").isLessThan(10_000);
				long begin = System.nanoTime();
				incumbent.send(new Ready(names(1000)));
				slowest = Math.max(slowest, System.nanoTime() - begin);
			}
			assertThat(this.here.awaitDisconnected()).isEqualTo("the peer did not take READY within 200 ms");
			assertThat(Duration.ofNanos(slowest)).isBetween(SHORT, SHORT.plusSeconds(5));
			assertThat(raw.isConnected()).isTrue();
		}
	}

	@Test
	void aSenderThatIsInterruptedSendsAllTheSame() throws Exception {
		Peer successor = this.successor.connect();
		Thread.currentThread().interrupt();
		successor.send(new Failed("interrupted before"));
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.here.awaitReceived()).isEqualTo(new Failed("interrupted before"));
	}

	@Test
	void aSenderThatIsInterruptedWhileItWaitsGoesOn() throws Exception {
		try (AFUNIXSocket raw = raw()) {
			Peer incumbent = this.here.awaitConnected();
			Ready ready = new Ready(names(1000));
			int frames = 50;
			boolean[] kept = new boolean[1];
			Thread sender = new Thread(() -> {
				for (int i = 0; i < frames; i++) {
					incumbent.send(ready);
				}
				kept[0] = Thread.currentThread().isInterrupted();
			});
			sender.start();
			byte[] expected = FrameCodec.encode(ready);
			InputStream in = raw.getInputStream();
			for (int i = 0; i < frames; i++) {
				sender.interrupt();
				assertThat(in.readNBytes(expected.length)).isEqualTo(expected);
			}
			sender.join();
			assertThat(kept[0]).isTrue();
			assertThat(this.here.disconnected).isEmpty();
		}
	}

	@Test
	void whatNoFrameHoldsEndsTheConnectionAndSaysWhy() throws Exception {
		Peer successor = this.successor.connect();
		successor.send(new Ready(names(1025)));
		assertThat(this.there.awaitDisconnected())
			.isEqualTo("READY could not be sent: READY: a list of 1025, at most 1024 are allowed");
		this.here.awaitDisconnected();
	}

	@Test
	void aDescriptorThatIsNoneEndsTheConnectionWithoutAWord() throws Exception {
		publish(new WireSettings(SHORT, LONG, LONG, 16));
		Peer successor = this.successor.connect();
		successor.send(new Offer(List.of(listener("l", 999_999)), false));
		assertThat(this.there.awaitDisconnected()).startsWith("OFFER could not be sent: ");
		this.here.awaitDisconnected();
		assertThat(this.here.received).isEmpty();
	}

	@Test
	void eventsThatThrowEndTheConnection() throws Exception {
		Path path = this.folder.resolve("throws.sock");
		RecordedEvents recorded = new RecordedEvents();
		Peer.Events throwing = new Peer.Events() {

			@Override
			public void connected(Peer peer) {
			}

			@Override
			public void received(Peer peer, Message message) {
				throw new IllegalStateException("full");
			}

			@Override
			public void disconnected(Peer peer, String reason) {
				recorded.disconnected(peer, reason);
			}

		};
		try (UnixUpgradeSocket socket = new UnixUpgradeSocket(path, throwing);
				UnixUpgradeSocket other = new UnixUpgradeSocket(path, this.there);
				Passenger passenger = new Passenger(this.folder, "p")) {
			socket.publish();
			other.connect().send(new Offer(List.of(listener("l", passenger.number())), false));
			assertThat(recorded.awaitDisconnected()).contains("full");
			this.there.awaitDisconnected();
		}
	}

	@Test
	void anOfferThatNobodyWantsAnyMoreIsClosed() throws Exception {
		try (Passenger passenger = new Passenger(this.folder, "p")) {
			for (int round = 0; round < 50; round++) {
				Peer successor = this.successor.connect();
				Peer incumbent = this.here.awaitConnected();
				Thread closer = new Thread(incumbent::close);
				closer.start();
				successor.send(new Offer(List.of(listener("l", passenger.number())), false));
				closer.join();
				this.here.awaitDisconnected();
			}
		}
	}

	@Test
	void tooManyDescriptorsInFlightAreWaitedFor() throws Exception {
		Files.setAttribute(this.folder, "unix:mode", 0755);
		Path path = this.folder.resolve("slow.sock");
		try (AFUNIXServerSocket server = AFUNIXServerSocket.newInstance()) {
			server.bind(AFUNIXSocketAddress.of(path));
			Files.setAttribute(path, "unix:mode", 0777);
			try (ChildJvm child = ChildJvm.startAsNobody(this.folder, List.of("prlimit", "--nofile=100:100"), "many",
					path.toString()); AFUNIXSocket slow = server.accept()) {
				slow.setAncillaryReceiveBufferSize(256);
				// 128 descriptors are on their way when the kernel, which allows 100,
				// looks again.
				for (int i = 0; i < 4; i++) {
					assertThat(child.line()).isEqualTo("sent " + i);
				}
				assertThat(child.poll(Duration.ofMillis(300))).isNull();
				int length = FrameCodec.encode(new Offer(listeners(32), true)).length;
				int descriptors = 0;
				int bytes = 0;
				byte[] buffer = new byte[length];
				while (descriptors < 320) {
					int read = slow.getInputStream().read(buffer);
					assertThat(read).as("bytes before the end").isPositive();
					bytes += read;
					for (FileDescriptor came : slow.getReceivedFileDescriptors()) {
						Descriptors.close(came);
						descriptors++;
					}
				}
				assertThat(bytes).isLessThanOrEqualTo(10 * (length + 100));
				for (int i = 4; i < 10; i++) {
					assertThat(child.line()).isEqualTo("sent " + i);
				}
			}
		}
	}

	private AFUNIXSocket raw() throws IOException {
		return AFUNIXSocket.connectTo(AFUNIXSocketAddress.of(this.path));
	}

	private static Listener listener(String name, int descriptor) {
		return new Listener(name, "0.0.0.0:8080", "0.0.0.0:8080", Descriptor.borrowed(descriptor));
	}

	private static List<Listener> listeners(int count) {
		return IntStream.range(0, count).mapToObj((i) -> listener("l" + i, i)).toList();
	}

	private static List<String> names(int count) {
		return IntStream.range(0, count)
			.mapToObj((i) -> "a name that takes some room, number %4d".formatted(i))
			.toList();
	}

	private static FileDescriptor descriptor(int number) throws IOException {
		return FileDescriptorCast.unsafeUsing(number).getFileDescriptor();
	}

}
