package io.github.gracefulupgrade.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the fields of one frame, whose bytes are all there. Allocates nothing before it
 * has seen that the frame holds as much.
 */
final class FrameInput {

	private final FrameType type;

	private final ByteBuffer bytes;

	/**
	 * Begin to read.
	 * @param type the type of the frame, for messages
	 * @param bytes what follows the type
	 */
	FrameInput(FrameType type, ByteBuffer bytes) {
		this.type = type;
		this.bytes = bytes;
	}

	int u8(String field) throws ProtocolException {
		return need(field, 1).get() & 0xff;
	}

	int u16(String field) throws ProtocolException {
		return need(field, Short.BYTES).getShort() & 0xffff;
	}

	int i32(String field) throws ProtocolException {
		return (int) notNegative(field, need(field, Integer.BYTES).getInt());
	}

	long i64(String field) throws ProtocolException {
		return notNegative(field, need(field, Long.BYTES).getLong());
	}

	boolean flag(String field) throws ProtocolException {
		int value = u8(field);
		if (value > 1) {
			throw wrong(field, "is %d, neither 0 nor 1".formatted(value));
		}
		return value == 1;
	}

	void expect(String field, byte[] expected) throws ProtocolException {
		byte[] actual = new byte[expected.length];
		need(field, expected.length).get(actual);
		if (!Arrays.equals(actual, expected)) {
			throw wrong(field, "is missing");
		}
	}

	String string(String field, int bound) throws ProtocolException {
		int length = u16(field);
		if (length > bound) {
			throw wrong(field, "has %d bytes, at most %d are allowed".formatted(length, bound));
		}
		ByteBuffer encoded = need(field, length).slice().limit(length);
		this.bytes.position(this.bytes.position() + length);
		try {
			// A new decoder reports what String's constructor would replace.
			return StandardCharsets.UTF_8.newDecoder().decode(encoded).toString();
		}
		catch (CharacterCodingException ex) {
			throw wrong(field, "is not UTF-8");
		}
	}

	byte[] blob(String field, int bound) throws ProtocolException {
		int length = u16(field);
		if (length > bound) {
			throw wrong(field, "has %d bytes, at most %d are allowed".formatted(length, bound));
		}
		ByteBuffer source = need(field, length);
		byte[] blob = new byte[length];
		source.get(blob);
		return blob;
	}

	int count(String field, int bound) throws ProtocolException {
		int count = u16(field);
		if (count > bound) {
			throw wrong(field, "has %d entries, at most %d are allowed".formatted(count, bound));
		}
		return count;
	}

	List<String> strings(String field, int boundOfList, int boundOfEach) throws ProtocolException {
		int count = count(field, boundOfList);
		List<String> strings = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			strings.add(string(field, boundOfEach));
		}
		return strings;
	}

	void skipRest() {
		this.bytes.position(this.bytes.limit());
	}

	void end() throws ProtocolException {
		if (this.bytes.hasRemaining()) {
			throw new ProtocolException("%s: %d bytes too many".formatted(this.type, this.bytes.remaining()));
		}
	}

	ProtocolException wrong(String field, String what) {
		return new ProtocolException("%s: %s %s".formatted(this.type, field, what));
	}

	private long notNegative(String field, long value) throws ProtocolException {
		if (value < 0) {
			throw wrong(field, "is negative");
		}
		return value;
	}

	private ByteBuffer need(String field, int length) throws ProtocolException {
		if (this.bytes.remaining() < length) {
			throw wrong(field, "is cut off");
		}
		return this.bytes;
	}

}
