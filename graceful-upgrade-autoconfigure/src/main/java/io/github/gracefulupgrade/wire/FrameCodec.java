package io.github.gracefulupgrade.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.github.gracefulupgrade.handover.Belongings;
import io.github.gracefulupgrade.handover.Connections;
import io.github.gracefulupgrade.handover.Connections.Established;
import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;

/**
 * Messages to bytes and back. Pure: no I/O, no state.
 * <p>
 * A frame is the length of what follows ({@value #MAX_LENGTH} at most), the type, and the
 * fields of the type; numbers are big-endian. The <em>opening</em> frames, HELLO,
 * WELCOME, REFUSED, TRIAL and TERMS, begin with a magic word and the sender's version, so
 * that two versions understand each other well enough to part with a reason: their fields
 * keep their places in all versions, later ones only append.
 */
final class FrameCodec {

	/**
	 * Bytes in the length that precedes a frame.
	 */
	static final int HEADER = Integer.BYTES;

	/**
	 * The most that a frame has after its length.
	 */
	static final int MAX_LENGTH = 65_536;

	/**
	 * The most descriptors that travel with one frame. What the receiver's ancillary
	 * buffer cannot hold is lost and leaks there; its limit is 60.
	 */
	static final int MAX_DESCRIPTORS = 32;

	static final int MAX_NAMES = 1024;

	static final int NAME_BOUND = 255;

	static final int TEXT_BOUND = 4096;

	/**
	 * In place of the descriptor of a listener that is only told of: nobody looks at it.
	 */
	static final Descriptor NONE = Descriptor.borrowed(0);

	private static final byte[] MAGIC = "GUPG".getBytes(StandardCharsets.US_ASCII);

	private FrameCodec() {
	}

	/**
	 * The messages to send in place of one that may have more descriptors than travel
	 * with a frame.
	 */
	static List<Message> split(Message message) {
		if (!(message instanceof Message.Offer offer) || offer.listeners().size() <= MAX_DESCRIPTORS) {
			return List.of(message);
		}
		List<Message.Listener> listeners = offer.listeners();
		List<Message> parts = new ArrayList<>();
		for (int from = 0; from < listeners.size(); from += MAX_DESCRIPTORS) {
			int to = Math.min(listeners.size(), from + MAX_DESCRIPTORS);
			parts.add(new Message.Offer(listeners.subList(from, to), to < listeners.size() || offer.more()));
		}
		return parts;
	}

	/**
	 * The descriptors that travel with a message, in the order of its fields.
	 */
	static List<Descriptor> descriptors(Message message) {
		if (message instanceof Message.Offer offer) {
			return offer.listeners().stream().map(Message.Listener::descriptor).toList();
		}
		if (message instanceof Message.OpenFiles files) {
			return files.descriptors().stream().map(Belongings.Open::descriptor).toList();
		}
		if (message instanceof Message.Handoff handoff) {
			return handoff.connections().stream().map(Established::descriptor).toList();
		}
		return List.of();
	}

	/**
	 * The frame of a message, its length included.
	 * @throws IllegalArgumentException if the message has something that no frame holds
	 */
	static byte[] encode(Message message) {
		// A chain of instanceof, since patterns in switch are not in Java 17.
		if (message instanceof Message.Hello hello) {
			return opening(FrameType.HELLO, hello.version()).i64(hello.pid())
				.text(hello.application(), NAME_BOUND)
				.toFrame();
		}
		if (message instanceof Message.Welcome welcome) {
			return opening(FrameType.WELCOME, welcome.version()).i64(welcome.pid()).i32(welcome.generation()).toFrame();
		}
		if (message instanceof Message.Refused refused) {
			return opening(FrameType.REFUSED, Message.PROTOCOL_VERSION).u8(number(refused.reason()))
				.i64(refused.pid())
				.text(refused.text(), TEXT_BOUND)
				.toFrame();
		}
		if (message instanceof Message.Trial trial) {
			return opening(FrameType.TRIAL, trial.version()).i64(trial.pid())
				.text(trial.application(), NAME_BOUND)
				.flag(trial.built())
				.toFrame();
		}
		if (message instanceof Message.Terms terms) {
			return encode(terms);
		}
		if (message instanceof Message.Waiting) {
			return new FrameOutput(FrameType.WAITING).toFrame();
		}
		if (message instanceof Message.Offer offer) {
			return encode(offer);
		}
		if (message instanceof Message.Ready ready) {
			return new FrameOutput(FrameType.READY).identifiers(ready.listeners(), MAX_NAMES, NAME_BOUND).toFrame();
		}
		if (message instanceof Message.Failed failed) {
			return new FrameOutput(FrameType.FAILED).text(failed.reason(), TEXT_BOUND).toFrame();
		}
		if (message instanceof Message.Withdrawn withdrawn) {
			return new FrameOutput(FrameType.WITHDRAWN).flag(withdrawn.leaving())
				.text(withdrawn.reason(), TEXT_BOUND)
				.toFrame();
		}
		if (message instanceof Message.Commit) {
			return new FrameOutput(FrameType.COMMIT).toFrame();
		}
		if (message instanceof Message.StatePart state) {
			return new FrameOutput(FrameType.STATE).identifier(state.contributor(), NAME_BOUND)
				.identifier(state.name(), NAME_BOUND)
				.flag(state.last())
				.blob(state.bytes(), Message.StatePart.MAX_BYTES)
				.toFrame();
		}
		if (message instanceof Message.OpenFiles files) {
			return encode(files);
		}
		if (message instanceof Message.Accepting accepting) {
			return new FrameOutput(FrameType.ACCEPTING).identifiers(accepting.connectable(), MAX_NAMES, NAME_BOUND)
				.i32(accepting.room())
				.toFrame();
		}
		if (message instanceof Message.Handoff handoff) {
			return encode(handoff);
		}
		if (message instanceof Message.Received received) {
			return new FrameOutput(FrameType.RECEIVED).u16(received.taken()).i32(received.room()).toFrame();
		}
		if (message instanceof Message.Enough) {
			return new FrameOutput(FrameType.ENOUGH).toFrame();
		}
		if (message instanceof Message.Farewell farewell) {
			return encode(farewell);
		}
		if (message instanceof Message.Goodbye) {
			return new FrameOutput(FrameType.GOODBYE).toFrame();
		}
		throw new IllegalArgumentException("No frame for " + message.kind());
	}

	private static byte[] encode(Message.Offer offer) {
		FrameOutput out = new FrameOutput(FrameType.OFFER).flag(offer.more());
		return listeners(out, offer.listeners(), MAX_DESCRIPTORS).toFrame();
	}

	private static byte[] encode(Message.Terms terms) {
		FrameOutput out = opening(FrameType.TERMS, terms.version()).i64(terms.pid());
		return listeners(out, terms.listeners(), Message.Terms.MOST).toFrame();
	}

	private static FrameOutput listeners(FrameOutput out, List<Message.Listener> listeners, int bound) {
		out.count(listeners.size(), bound);
		for (Message.Listener listener : listeners) {
			out.identifier(listener.name(), NAME_BOUND)
				.identifier(listener.requested(), NAME_BOUND)
				.identifier(listener.bound(), NAME_BOUND);
		}
		return out;
	}

	private static byte[] encode(Message.OpenFiles files) {
		FrameOutput out = new FrameOutput(FrameType.DESCRIPTORS).count(files.descriptors().size(), MAX_DESCRIPTORS);
		for (Belongings.Open open : files.descriptors()) {
			out.identifier(open.contributor(), NAME_BOUND).identifier(open.name(), NAME_BOUND);
		}
		return out.toFrame();
	}

	private static byte[] encode(Message.Handoff handoff) {
		FrameOutput out = new FrameOutput(FrameType.CONNECTIONS).count(handoff.connections().size(), MAX_DESCRIPTORS);
		for (Established connection : handoff.connections()) {
			out.identifier(connection.listener(), NAME_BOUND).identifier(connection.remote(), NAME_BOUND);
		}
		return out.toFrame();
	}

	private static byte[] encode(Message.Farewell farewell) {
		Connections.Drained drained = farewell.drained();
		return new FrameOutput(FrameType.FAREWELL).i64(drained.finished())
			.i64(drained.cut())
			.i64(drained.handedOver())
			.i64(drained.announced())
			.i64(drained.goneAway())
			.i64(drained.webSockets())
			.i64(farewell.handover())
			.i64(farewell.drain())
			.toFrame();
	}

	private static FrameOutput opening(FrameType type, int version) {
		return new FrameOutput(type).raw(MAGIC).u16(version);
	}

	/**
	 * The length in a header, if a frame can be as long.
	 */
	static int length(byte[] header) throws ProtocolException {
		long length = Integer.toUnsignedLong(ByteBuffer.wrap(header).getInt());
		if (length < 1 || length > MAX_LENGTH) {
			throw new ProtocolException("a frame of %d bytes, 1 to %d are allowed".formatted(length, MAX_LENGTH));
		}
		return (int) length;
	}

	/**
	 * Decode what follows the header of a frame.
	 * @throws ProtocolException if it is anything but a frame of this protocol
	 */
	static Frame decode(byte[] body) throws ProtocolException {
		ByteBuffer bytes = ByteBuffer.wrap(body);
		if (!bytes.hasRemaining()) {
			throw new ProtocolException("a frame without a type");
		}
		FrameType type = FrameType.of(bytes.get() & 0xff);
		FrameInput in = new FrameInput(type, bytes);
		Frame frame = switch (type) {
			case HELLO, WELCOME, REFUSED, TRIAL, TERMS -> {
				in.expect("magic", MAGIC);
				int version = in.u16("version");
				Frame opening = Frame.of(type, opening(type, version, in));
				if (version != Message.PROTOCOL_VERSION) {
					// What another version appended is none of our business.
					in.skipRest();
				}
				yield opening;
			}
			case WAITING -> Frame.of(type, new Message.Waiting());
			case OFFER -> offer(in);
			case READY -> Frame.of(type, new Message.Ready(in.strings("listeners", MAX_NAMES, NAME_BOUND)));
			case FAILED -> Frame.of(type, new Message.Failed(in.string("reason", TEXT_BOUND)));
			case WITHDRAWN ->
				Frame.of(type, new Message.Withdrawn(in.flag("leaving"), in.string("reason", TEXT_BOUND)));
			case COMMIT -> Frame.of(type, new Message.Commit());
			case STATE -> state(in);
			case DESCRIPTORS -> openFiles(in);
			case ACCEPTING ->
				Frame.of(type, new Message.Accepting(in.strings("connectable", MAX_NAMES, NAME_BOUND), in.i32("room")));
			case CONNECTIONS -> connections(in);
			case RECEIVED -> Frame.of(type, new Message.Received(in.count("taken", MAX_DESCRIPTORS), in.i32("room")));
			case ENOUGH -> Frame.of(type, new Message.Enough());
			case FAREWELL -> Frame.of(type, farewell(in));
			case GOODBYE -> Frame.of(type, new Message.Goodbye());
		};
		in.end();
		return frame;
	}

	private static Message farewell(FrameInput in) throws ProtocolException {
		Connections.Drained drained = new Connections.Drained(in.i64("finished"), in.i64("cut"), in.i64("handedOver"),
				in.i64("announced"), in.i64("goneAway"), in.i64("webSockets"));
		return new Message.Farewell(drained, in.i64("handover"), in.i64("drain"));
	}

	private static Message opening(FrameType type, int version, FrameInput in) throws ProtocolException {
		return switch (type) {
			case HELLO -> new Message.Hello(version, in.i64("pid"), in.string("application", NAME_BOUND));
			case WELCOME -> new Message.Welcome(version, in.i64("pid"), in.i32("generation"));
			case REFUSED -> new Message.Refused(refusal(in, version), in.i64("pid"), in.string("text", TEXT_BOUND));
			case TRIAL ->
				new Message.Trial(version, in.i64("pid"), in.string("application", NAME_BOUND), in.flag("built"));
			case TERMS -> new Message.Terms(version, in.i64("pid"), terms(in));
			default -> throw new IllegalArgumentException(type + " opens nothing");
		};
	}

	private static List<Message.Listener> terms(FrameInput in) throws ProtocolException {
		int count = in.count("listeners", Message.Terms.MOST);
		List<Message.Listener> listeners = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			listeners.add(new Message.Listener(in.string("name", NAME_BOUND), in.string("requested", NAME_BOUND),
					in.string("bound", NAME_BOUND), NONE));
		}
		return listeners;
	}

	private static Frame offer(FrameInput in) throws ProtocolException {
		boolean more = in.flag("more");
		int count = in.count("listeners", MAX_DESCRIPTORS);
		record Names(String name, String requested, String bound) {
		}
		List<Names> names = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			names.add(new Names(in.string("name", NAME_BOUND), in.string("requested", NAME_BOUND),
					in.string("bound", NAME_BOUND)));
		}
		return new Frame(FrameType.OFFER, count,
				(descriptors) -> new Message.Offer(IntStream.range(0, count)
					.mapToObj((i) -> new Message.Listener(names.get(i).name(), names.get(i).requested(),
							names.get(i).bound(), descriptors.get(i)))
					.toList(), more));
	}

	private static Frame state(FrameInput in) throws ProtocolException {
		String contributor = in.string("contributor", NAME_BOUND);
		String name = in.string("name", NAME_BOUND);
		boolean last = in.flag("last");
		byte[] bytes = in.blob("bytes", Message.StatePart.MAX_BYTES);
		return Frame.of(FrameType.STATE, new Message.StatePart(contributor, name, ByteBuffer.wrap(bytes), last));
	}

	private static Frame openFiles(FrameInput in) throws ProtocolException {
		int count = in.count("descriptors", MAX_DESCRIPTORS);
		List<String> contributors = new ArrayList<>();
		List<String> names = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			contributors.add(in.string("contributor", NAME_BOUND));
			names.add(in.string("name", NAME_BOUND));
		}
		return new Frame(FrameType.DESCRIPTORS, count,
				(descriptors) -> new Message.OpenFiles(IntStream.range(0, count)
					.mapToObj((i) -> new Belongings.Open(contributors.get(i), names.get(i), descriptors.get(i)))
					.toList()));
	}

	private static Frame connections(FrameInput in) throws ProtocolException {
		int count = in.count("connections", MAX_DESCRIPTORS);
		List<String> listeners = new ArrayList<>();
		List<String> remotes = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			listeners.add(in.string("listener", NAME_BOUND));
			remotes.add(in.string("remote", NAME_BOUND));
		}
		return new Frame(FrameType.CONNECTIONS, count,
				(descriptors) -> new Message.Handoff(IntStream.range(0, count)
					.mapToObj((i) -> new Established(listeners.get(i), remotes.get(i), descriptors.get(i)))
					.toList()));
	}

	private static int number(Message.Refusal reason) {
		return switch (reason) {
			case BUSY -> 1;
			case VERSION -> 2;
			case LEAVING -> 3;
			case FOREIGN -> 4;
		};
	}

	private static Message.Refusal refusal(FrameInput in, int version) throws ProtocolException {
		int number = in.u8("reason");
		for (Message.Refusal reason : Message.Refusal.values()) {
			if (number(reason) == number) {
				return reason;
			}
		}
		if (version != Message.PROTOCOL_VERSION) {
			// A later version's own reason: the text says which, and here it is all one.
			return Message.Refusal.VERSION;
		}
		throw in.wrong("reason", "is %d, which means nothing".formatted(number));
	}

}
