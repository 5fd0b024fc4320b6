package io.github.gracefulupgrade.wire;

import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.sun.management.ThreadMXBean;
import io.github.gracefulupgrade.handover.Belongings.Open;
import io.github.gracefulupgrade.handover.Connections.Drained;
import io.github.gracefulupgrade.handover.Connections.Established;
import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Message.Accepting;
import io.github.gracefulupgrade.handover.Message.Commit;
import io.github.gracefulupgrade.handover.Message.Failed;
import io.github.gracefulupgrade.handover.Message.Enough;
import io.github.gracefulupgrade.handover.Message.Farewell;
import io.github.gracefulupgrade.handover.Message.Goodbye;
import io.github.gracefulupgrade.handover.Message.Handoff;
import io.github.gracefulupgrade.handover.Message.Hello;
import io.github.gracefulupgrade.handover.Message.Listener;
import io.github.gracefulupgrade.handover.Message.Offer;
import io.github.gracefulupgrade.handover.Message.OpenFiles;
import io.github.gracefulupgrade.handover.Message.Ready;
import io.github.gracefulupgrade.handover.Message.Received;
import io.github.gracefulupgrade.handover.Message.Refusal;
import io.github.gracefulupgrade.handover.Message.Refused;
import io.github.gracefulupgrade.handover.Message.StatePart;
import io.github.gracefulupgrade.handover.Message.Terms;
import io.github.gracefulupgrade.handover.Message.Trial;
import io.github.gracefulupgrade.handover.Message.Waiting;
import io.github.gracefulupgrade.handover.Message.Welcome;
import io.github.gracefulupgrade.handover.Message.Withdrawn;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link FrameCodec}.
 */
class FrameCodecTests {

	private static final String EURO = "\u20ac";

	static Stream<Message> everyMessage() {
		return Stream.of(new Hello(1, 4711, "shop"), new Hello(0, 0, ""), new Hello(65535, Long.MAX_VALUE, EURO),
				new Welcome(1, 4711, 3), new Welcome(1, 1, Integer.MAX_VALUE), new Refused(Refusal.BUSY, 17, "busy"),
				new Refused(Refusal.VERSION, 17, "version"), new Refused(Refusal.LEAVING, 17, "leaving"),
				new Refused(Refusal.FOREIGN, 0, EURO), new Trial(1, 4711, "shop", true), new Trial(2, 1, EURO, false),
				new Terms(1, 4711, List.of()), new Terms(1, 4711, List.of(told("server"))), new Waiting(),
				new Offer(List.of(), false), new Offer(List.of(listener("server", 5)), true),
				new Offer(listeners(32), false), new Ready(List.of()), new Ready(List.of("server", "management")),
				new Failed("the port " + EURO), new Failed("x".repeat(4096)), new Withdrawn(true, "leaving"),
				new Withdrawn(false, ""), new Commit(), new Accepting(List.of("server"), 100),
				new Accepting(names(1024, 61), Integer.MAX_VALUE), new Handoff(List.of()),
				new Handoff(List.of(connection(5))),
				new Handoff(IntStream.range(0, 32).mapToObj((i) -> connection(i)).toList()), new Received(32, 0),
				new Received(0, Integer.MAX_VALUE), new Enough(), new StatePart("c", "n", bytes(0), true),
				new StatePart("c", "n", bytes(StatePart.MAX_BYTES), false), new OpenFiles(List.of()),
				new OpenFiles(List.of(new Open("c", "n", Descriptor.borrowed(5)))),
				new Farewell(new Drained(0, Long.MAX_VALUE, 3, 4, 5, 6), 7, 8), new Goodbye());
	}

	private static Message.Listener told(String name) {
		return new Message.Listener(name, "*:8080", "*:8080", FrameCodec.NONE);
	}

	private static ByteBuffer bytes(int length) {
		byte[] bytes = new byte[length];
		Arrays.fill(bytes, (byte) 7);
		return ByteBuffer.wrap(bytes);
	}

	private static Established connection(int descriptor) {
		return new Established("server", "[2001:db8::1]:4711", Descriptor.borrowed(descriptor));
	}

	@ParameterizedTest
	@MethodSource("everyMessage")
	void whatIsEncodedIsDecoded(Message message) throws Exception {
		byte[] frame = FrameCodec.encode(message);
		Frame decoded = FrameCodec.decode(body(frame));
		assertThat(decoded.descriptors()).isEqualTo(FrameCodec.descriptors(message).size());
		assertThat(decoded.message(FrameCodec.descriptors(message))).isEqualTo(message);
	}

	@Test
	void everyKindOfMessageIsAmongThoseTested() {
		assertThat(everyMessage().map(Object::getClass).distinct())
			.containsExactlyInAnyOrder((Class<?>[]) Message.class.getPermittedSubclasses());
		assertThat(everyMessage().map(Message::kind).distinct())
			.containsExactlyInAnyOrder(Stream.of(FrameType.values()).map(Enum::name).toArray(String[]::new));
	}

	@Test
	void theBytesAreThoseOfTheProtocol() {
		assertThat(FrameCodec.encode(new Hello(1, 258, "ab"))).containsExactly(0, 0, 0, 19, 0x01, 'G', 'U', 'P', 'G', 0,
				1, 0, 0, 0, 0, 0, 0, 1, 2, 0, 2, 'a', 'b');
		assertThat(FrameCodec.encode(new Withdrawn(true, ""))).containsExactly(0, 0, 0, 4, 0x14, 1, 0, 0);
		assertThat(FrameCodec.encode(new Refused(Refusal.FOREIGN, 1, ""))).containsExactly(0, 0, 0, 18, 0x03, 'G', 'U',
				'P', 'G', 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0);
		assertThat(FrameCodec.encode(new Offer(List.of(new Listener("s", "r", "b", Descriptor.borrowed(5))), true)))
			.containsExactly(0, 0, 0, 13, 0x11, 1, 0, 1, 0, 1, 's', 0, 1, 'r', 0, 1, 'b');
	}

	@ParameterizedTest
	@EnumSource
	void typesHaveTheirNumbersForever(FrameType type) {
		assertThat(type.number()).isEqualTo(switch (type) {
			case HELLO -> 0x01;
			case WELCOME -> 0x02;
			case REFUSED -> 0x03;
			case TRIAL -> 0x04;
			case TERMS -> 0x05;
			case WAITING -> 0x10;
			case OFFER -> 0x11;
			case READY -> 0x12;
			case FAILED -> 0x13;
			case WITHDRAWN -> 0x14;
			case COMMIT -> 0x15;
			case STATE -> 0x16;
			case DESCRIPTORS -> 0x17;
			case ACCEPTING -> 0x20;
			case CONNECTIONS -> 0x30;
			case RECEIVED -> 0x31;
			case ENOUGH -> 0x32;
			case FAREWELL -> 0x40;
			case GOODBYE -> 0x41;
		});
	}

	@Test
	void textIsCutBetweenTwoCharacters() throws Exception {
		// A euro sign has three bytes, and 4096 is not a multiple of three.
		assertThat(roundTrip(new Failed(EURO.repeat(2000)))).isEqualTo(new Failed(EURO.repeat(1365)));
		assertThat(roundTrip(new Failed("x" + EURO.repeat(2000)))).isEqualTo(new Failed("x" + EURO.repeat(1365)));
		String emoji = "\ud83d\ude00";
		assertThat(roundTrip(new Hello(1, 1, "abc" + emoji.repeat(100))))
			.isEqualTo(new Hello(1, 1, "abc" + emoji.repeat(63)));
		assertThat(roundTrip(new Hello(1, 1, "ab" + emoji.repeat(100))))
			.isEqualTo(new Hello(1, 1, "ab" + emoji.repeat(63)));
		assertThat(roundTrip(new Refused(Refusal.BUSY, 1, "x".repeat(5000))))
			.isEqualTo(new Refused(Refusal.BUSY, 1, "x".repeat(4096)));
		assertThat(roundTrip(new Withdrawn(false, "x".repeat(5000)))).isEqualTo(new Withdrawn(false, "x".repeat(4096)));
	}

	@Test
	void halfACharacterIsReplacedAndNotSent() throws Exception {
		assertThat(roundTrip(new Failed("a\ud83d"))).isEqualTo(new Failed("a?"));
	}

	@Test
	void whatIdentifiesIsNeverCut() {
		assertThatIllegalArgumentException().isThrownBy(() -> FrameCodec.encode(new Ready(List.of("x".repeat(256)))))
			.withMessageContaining("READY")
			.withMessageContaining("256");
		Descriptor descriptor = Descriptor.borrowed(5);
		for (Listener listener : List.of(new Listener("x".repeat(256), "", "", descriptor),
				new Listener("", "x".repeat(256), "", descriptor), new Listener("", "", "x".repeat(256), descriptor))) {
			assertThatIllegalArgumentException()
				.isThrownBy(() -> FrameCodec.encode(new Offer(List.of(listener), false)))
				.withMessageContaining("OFFER");
		}
	}

	@Test
	void whatNoFrameHoldsIsNotEncoded() {
		assertThatIllegalArgumentException().isThrownBy(() -> FrameCodec.encode(new Ready(names(1025, 4))))
			.withMessageContaining("1025");
		assertThatIllegalArgumentException().isThrownBy(() -> FrameCodec.encode(new Accepting(names(1024, 63), 0)))
			.withMessageContaining("ACCEPTING")
			.withMessageContaining("65536");
		assertThatIllegalArgumentException().isThrownBy(() -> FrameCodec.encode(new Hello(65536, 1, "")));
		assertThatIllegalArgumentException().isThrownBy(() -> FrameCodec.encode(new Hello(-1, 1, "")));
		assertThatIllegalArgumentException().isThrownBy(() -> FrameCodec.encode(new Hello(1, -1, "")));
		assertThatIllegalArgumentException().isThrownBy(() -> FrameCodec.encode(new Welcome(1, 1, -1)));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> FrameCodec.encode(new Farewell(new Drained(-1, 0, 0, 0, 0, 0), 0, 0)));
	}

	@Test
	void listsThatAreTooLongAreNotEncoded() {
		List<Message> tooLong = List.of(new Offer(listeners(33), false),
				new Terms(1, 1, Collections.nCopies(Terms.MOST + 1, told("server"))),
				new OpenFiles(Collections.nCopies(33, new Open("c", "n", Descriptor.borrowed(5)))),
				new Handoff(Collections.nCopies(33, connection(5))));
		for (Message message : tooLong) {
			assertThatIllegalArgumentException().isThrownBy(() -> FrameCodec.encode(message))
				.withMessageStartingWith(message.kind())
				.withMessageContaining("at most");
		}
	}

	@Test
	void theLargestFramesFit() throws Exception {
		List<Listener> largest = IntStream.range(0, 32)
			.mapToObj((i) -> new Listener("n".repeat(255), "r".repeat(255), "b".repeat(255), Descriptor.borrowed(i)))
			.toList();
		assertThat(roundTrip(new Offer(largest, false))).isEqualTo(new Offer(largest, false));
	}

	@Test
	void anOfferOfManyListenersIsSplit() {
		List<Listener> listeners = listeners(70);
		assertThat(FrameCodec.split(new Offer(listeners, false))).containsExactly(
				new Offer(listeners.subList(0, 32), true), new Offer(listeners.subList(32, 64), true),
				new Offer(listeners.subList(64, 70), false));
		assertThat(FrameCodec.split(new Offer(listeners.subList(0, 64), true)))
			.containsExactly(new Offer(listeners.subList(0, 32), true), new Offer(listeners.subList(32, 64), true));
		assertThat(FrameCodec.split(new Offer(List.of(), false))).containsExactly(new Offer(List.of(), false));
		assertThat(FrameCodec.split(new Commit())).containsExactly(new Commit());
	}

	@Test
	void aFrameWithoutItsDescriptorsIsNoMessage() throws Exception {
		Frame offer = FrameCodec.decode(body(FrameCodec.encode(new Offer(listeners(2), false))));
		assertThatExceptionOfType(ProtocolException.class)
			.isThrownBy(() -> offer.message(List.of(Descriptor.borrowed(1))))
			.withMessage("OFFER announces 2 descriptors and came with 1");
		Frame commit = FrameCodec.decode(body(FrameCodec.encode(new Commit())));
		assertThatExceptionOfType(ProtocolException.class)
			.isThrownBy(() -> commit.message(List.of(Descriptor.borrowed(1))))
			.withMessage("COMMIT announces 0 descriptors and came with 1");
	}

	@Test
	void theOpeningFramesOfAnotherVersionAreUnderstood() throws Exception {
		byte[] later = { 9, 9, 9 };
		assertThat(decode(0x01, magic(), u16(2), i64(42), string("shop"), later)).isEqualTo(new Hello(2, 42, "shop"));
		assertThat(decode(0x02, magic(), u16(2), i64(42), i32(1), later)).isEqualTo(new Welcome(2, 42, 1));
		assertThat(decode(0x03, magic(), u16(2), u8(1), i64(42), string("no"), later))
			.isEqualTo(new Refused(Refusal.BUSY, 42, "no"));
		assertThat(decode(0x03, magic(), u16(2), u8(99), i64(42), string("a new reason"), later))
			.isEqualTo(new Refused(Refusal.VERSION, 42, "a new reason"));
	}

	static Stream<Malformed> everythingMalformed() {
		return Stream.of(new Malformed("a frame without a type"), new Malformed("unknown type 0x00", u8(0)),
				new Malformed("unknown type 0x33", u8(0x33)), new Malformed("unknown type 0xff", u8(255)),
				new Malformed("HELLO: magic is cut off", u8(0x01), u8('G')),
				new Malformed("HELLO: magic is missing", u8(0x01), u8('g'), u8('u'), u8('p'), u8('g')),
				new Malformed("WELCOME: magic is missing", u8(0x02), i32(1), i64(1)),
				new Malformed("REFUSED: magic is missing", u8(0x03), i32(1), i64(1)),
				new Malformed("HELLO: version is cut off", u8(0x01), magic(), u8(0)),
				new Malformed("HELLO: pid is cut off", u8(0x01), magic(), u16(1), i32(0)),
				new Malformed("HELLO: pid is negative", u8(0x01), magic(), u16(1), i64(-1), string("")),
				new Malformed("HELLO: application has 256 bytes, at most 255 are allowed", u8(0x01), magic(), u16(1),
						i64(1), string("x".repeat(256))),
				new Malformed("HELLO: application is cut off", u8(0x01), magic(), u16(1), i64(1), u16(2), u8('x')),
				new Malformed("HELLO: application is cut off", u8(0x01), magic(), u16(1), i64(1)),
				new Malformed("HELLO: application is not UTF-8", u8(0x01), magic(), u16(1), i64(1), u16(1), u8(0xff)),
				new Malformed("HELLO: application is not UTF-8", u8(0x01), magic(), u16(1), i64(1), u16(2), u8(0xe2),
						u8(0x82)),
				new Malformed("HELLO: 1 bytes too many", u8(0x01), magic(), u16(1), i64(1), string("a"), u8(0)),
				new Malformed("WELCOME: generation is negative", u8(0x02), magic(), u16(1), i64(1), i32(-1)),
				new Malformed("WELCOME: generation is cut off", u8(0x02), magic(), u16(1), i64(1), u16(1)),
				new Malformed("REFUSED: reason is 0, which means nothing", u8(0x03), magic(), u16(1), u8(0), i64(1),
						string("")),
				new Malformed("REFUSED: reason is 5, which means nothing", u8(0x03), magic(), u16(1), u8(5), i64(1),
						string("")),
				new Malformed("REFUSED: text has 4097 bytes, at most 4096 are allowed", u8(0x03), magic(), u16(1),
						u8(1), i64(1), string("x".repeat(4097))),
				new Malformed("WAITING: 1 bytes too many", u8(0x10), u8(0)),
				new Malformed("OFFER: more is 2, neither 0 nor 1", u8(0x11), u8(2), u16(0)),
				new Malformed("OFFER: more is cut off", u8(0x11)),
				new Malformed("OFFER: listeners has 33 entries, at most 32 are allowed", u8(0x11), u8(0), u16(33)),
				new Malformed("OFFER: listeners has 65535 entries, at most 32 are allowed", u8(0x11), u8(0),
						u16(65535)),
				new Malformed("OFFER: name is cut off", u8(0x11), u8(0), u16(1)),
				new Malformed("OFFER: requested is cut off", u8(0x11), u8(0), u16(1), string("a")),
				new Malformed("OFFER: bound is cut off", u8(0x11), u8(0), u16(1), string("a"), string("b")),
				new Malformed("OFFER: bound has 256 bytes, at most 255 are allowed", u8(0x11), u8(0), u16(1),
						string("a"), string("b"), string("x".repeat(256))),
				new Malformed("READY: listeners has 1025 entries, at most 1024 are allowed", u8(0x12), u16(1025)),
				new Malformed("READY: listeners has 256 bytes, at most 255 are allowed", u8(0x12), u16(1),
						string("x".repeat(256))),
				new Malformed("FAILED: reason has 4097 bytes, at most 4096 are allowed", u8(0x13),
						string("x".repeat(4097))),
				new Malformed("WITHDRAWN: leaving is 255, neither 0 nor 1", u8(0x14), u8(255), string("")),
				new Malformed("COMMIT: 3 bytes too many", u8(0x15), u8(1), u8(2), u8(3)),
				new Malformed("ACCEPTING: connectable is cut off", u8(0x20), u16(2), string("a")),
				new Malformed("FAREWELL: finished is negative", u8(0x40), i64(-1), i64(0)),
				new Malformed("FAREWELL: cut is negative", u8(0x40), i64(0), i64(Long.MIN_VALUE)),
				new Malformed("FAREWELL: handedOver is cut off", u8(0x40), i64(0), i64(0)),
				new Malformed("GOODBYE: 1 bytes too many", u8(0x41), u8(0)));
	}

	@ParameterizedTest
	@MethodSource("everythingMalformed")
	void whatIsMalformedIsNamed(Malformed malformed) {
		assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> FrameCodec.decode(malformed.body()))
			.withMessage(malformed.complaint());
	}

	@ParameterizedTest
	@MethodSource("everyMessage")
	void aFrameThatIsCutAnywhereIsRefused(Message message) {
		byte[] body = body(FrameCodec.encode(message));
		for (int length = 0; length < Math.min(body.length, 3000); length++) {
			byte[] cut = Arrays.copyOf(body, length);
			assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> FrameCodec.decode(cut));
		}
	}

	@Test
	void theLengthIsBounded() throws Exception {
		assertThat(FrameCodec.length(i32(1))).isEqualTo(1);
		assertThat(FrameCodec.length(i32(65536))).isEqualTo(65536);
		for (int length : new int[] { 0, 65537, Integer.MAX_VALUE, Integer.MIN_VALUE, -1 }) {
			assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> FrameCodec.length(i32(length)))
				.withMessage("a frame of %s bytes, 1 to 65536 are allowed".formatted(Integer.toUnsignedString(length)));
		}
		assertThatExceptionOfType(ProtocolException.class)
			.isThrownBy(() -> FrameCodec.length("GET ".getBytes(StandardCharsets.US_ASCII)));
	}

	@Test
	void garbageIsAProtocolErrorAndNothingElse() {
		Random random = new Random(20261122);
		List<byte[]> good = everyMessage().map(FrameCodec::encode).map(FrameCodecTests::body).toList();
		int refused = 0;
		for (int round = 0; round < 50_000; round++) {
			byte[] body;
			if (round % 2 == 0) {
				body = new byte[random.nextInt(200)];
				random.nextBytes(body);
				if (body.length > 0 && random.nextBoolean()) {
					FrameType[] types = FrameType.values();
					body[0] = (byte) types[random.nextInt(types.length)].number();
				}
			}
			else {
				byte[] original = good.get(random.nextInt(good.size()));
				body = Arrays.copyOf(original, Math.max(0, original.length + random.nextInt(5) - 2));
				for (int flips = random.nextInt(4); flips >= 0 && body.length > 0; flips--) {
					body[random.nextInt(Math.min(body.length, 64))] = (byte) random.nextInt();
				}
			}
			try {
				Frame frame = FrameCodec.decode(body);
				assertThat(frame.descriptors()).isBetween(0, 32);
				frame.message(Collections.nCopies(frame.descriptors(), Descriptor.borrowed(0)));
			}
			catch (ProtocolException ex) {
				assertThat(ex.getMessage()).isNotBlank();
				refused++;
			}
		}
		assertThat(refused).isGreaterThan(40_000);
	}

	@Test
	void whatAFrameClaimsIsNotAllocated() throws Exception {
		// Each claims to hold the most that its fields can say.
		List<byte[]> liars = List.of(concat(u8(0x11), u8(0), u16(32)), concat(u8(0x12), u16(1024)),
				concat(u8(0x13), u16(4096)), concat(u8(0x20), u16(1024)), concat(u8(0x12), u16(65535)),
				concat(u8(0x13), u16(65535)));
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		long thread = Thread.currentThread().getId();
		decodeAll(liars, 200);
		long before = threads.getThreadAllocatedBytes(thread);
		int rounds = 200;
		decodeAll(liars, rounds);
		long each = (threads.getThreadAllocatedBytes(thread) - before) / rounds / liars.size();
		assertThat(each).isLessThan(32_768);
	}

	private static void decodeAll(List<byte[]> bodies, int rounds) {
		for (int round = 0; round < rounds; round++) {
			for (byte[] body : bodies) {
				try {
					FrameCodec.decode(body);
				}
				catch (ProtocolException ex) {
					// Expected.
				}
			}
		}
	}

	private static Message roundTrip(Message message) throws ProtocolException {
		return FrameCodec.decode(body(FrameCodec.encode(message))).message(FrameCodec.descriptors(message));
	}

	private static Message decode(int type, byte[]... fields) throws ProtocolException {
		return FrameCodec.decode(concat(u8(type), concat(fields))).message(List.of());
	}

	private static byte[] body(byte[] frame) {
		assertThat(ByteBuffer.wrap(frame).getInt()).isEqualTo(frame.length - FrameCodec.HEADER)
			.isLessThanOrEqualTo(FrameCodec.MAX_LENGTH);
		return Arrays.copyOfRange(frame, FrameCodec.HEADER, frame.length);
	}

	private static List<String> names(int count, int length) {
		return IntStream.range(0, count)
			.mapToObj((i) -> "%4d".formatted(i) + "n".repeat(Math.max(0, length - 4)))
			.toList();
	}

	private static Listener listener(String name, int descriptor) {
		return new Listener(name, "0.0.0.0:8080", "0.0.0.0:8080", Descriptor.borrowed(descriptor));
	}

	private static List<Listener> listeners(int count) {
		List<Listener> listeners = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			listeners.add(listener("server-" + i, i));
		}
		return listeners;
	}

	private static byte[] magic() {
		return "GUPG".getBytes(StandardCharsets.US_ASCII);
	}

	private static byte[] u8(int value) {
		return new byte[] { (byte) value };
	}

	private static byte[] u16(int value) {
		return ByteBuffer.allocate(2).putShort((short) value).array();
	}

	private static byte[] i32(int value) {
		return ByteBuffer.allocate(4).putInt(value).array();
	}

	private static byte[] i64(long value) {
		return ByteBuffer.allocate(8).putLong(value).array();
	}

	private static byte[] string(String value) {
		byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
		return concat(u16(bytes.length), bytes);
	}

	private static byte[] concat(byte[]... parts) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			out.writeBytes(part);
		}
		return out.toByteArray();
	}

	record Malformed(String complaint, byte[] body) {

		Malformed(String complaint, byte[]... parts) {
			this(complaint, concat(parts));
		}

		@Override
		public String toString() {
			return this.complaint;
		}

	}

}
