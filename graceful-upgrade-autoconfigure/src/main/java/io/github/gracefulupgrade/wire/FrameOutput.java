package io.github.gracefulupgrade.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes the fields of one frame. What a field cannot hold is an
 * {@link IllegalArgumentException}, but for text, which is for people and is cut.
 */
final class FrameOutput {

	private final FrameType type;

	private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

	FrameOutput(FrameType type) {
		this.type = type;
		// Room for the length, which is known at the end.
		i32(0).u8(type.number());
	}

	FrameOutput u8(int value) {
		this.bytes.write(inRange(value, 0xff));
		return this;
	}

	FrameOutput u16(int value) {
		inRange(value, 0xffff);
		this.bytes.write(value >>> 8);
		this.bytes.write(value);
		return this;
	}

	FrameOutput i32(int value) {
		this.bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(inRange(value, Integer.MAX_VALUE)).array());
		return this;
	}

	FrameOutput i64(long value) {
		if (value < 0) {
			throw new IllegalArgumentException("%s: %d is negative".formatted(this.type, value));
		}
		this.bytes.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
		return this;
	}

	FrameOutput flag(boolean value) {
		return u8(value ? 1 : 0);
	}

	FrameOutput raw(byte[] value) {
		this.bytes.writeBytes(value);
		return this;
	}

	FrameOutput blob(ByteBuffer value, int bound) {
		byte[] blob = new byte[value.remaining()];
		value.duplicate().get(blob);
		if (blob.length > bound) {
			throw new IllegalArgumentException(
					"%s: %d bytes, at most %d are allowed".formatted(this.type, blob.length, bound));
		}
		return u16(blob.length).raw(blob);
	}

	/**
	 * A string that identifies something. It is never cut: two that are cut could be
	 * taken for one.
	 */
	FrameOutput identifier(String value, int bound) {
		byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
		if (encoded.length > bound) {
			throw new IllegalArgumentException(
					"%s: '%s' has %d bytes, at most %d are allowed".formatted(this.type, value, encoded.length, bound));
		}
		return string(encoded, encoded.length);
	}

	/**
	 * How many entries of a list follow.
	 */
	FrameOutput count(int size, int bound) {
		if (size > bound) {
			throw new IllegalArgumentException(
					"%s: a list of %d, at most %d are allowed".formatted(this.type, size, bound));
		}
		return u16(size);
	}

	FrameOutput identifiers(List<String> values, int boundOfList, int boundOfEach) {
		count(values.size(), boundOfList);
		values.forEach((value) -> identifier(value, boundOfEach));
		return this;
	}

	/**
	 * A string for people to read, cut between two characters where it is too long.
	 */
	FrameOutput text(String value, int bound) {
		byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
		int length = Math.min(encoded.length, bound);
		// 10xxxxxx continues a character: a cut in front of it would split that.
		while (length < encoded.length && (encoded[length] & 0xc0) == 0x80) {
			length--;
		}
		return string(encoded, length);
	}

	private FrameOutput string(byte[] encoded, int length) {
		u16(length);
		this.bytes.write(encoded, 0, length);
		return this;
	}

	byte[] toFrame() {
		int length = this.bytes.size() - Integer.BYTES;
		if (length > FrameCodec.MAX_LENGTH) {
			throw new IllegalArgumentException("%s: a frame of %d bytes, at most %d are allowed".formatted(this.type,
					length, FrameCodec.MAX_LENGTH));
		}
		byte[] frame = this.bytes.toByteArray();
		ByteBuffer.wrap(frame).putInt(length);
		return frame;
	}

	private int inRange(int value, int max) {
		if (value < 0 || value > max) {
			throw new IllegalArgumentException("%s: %d is not in 0..%d".formatted(this.type, value, max));
		}
		return value;
	}

}
