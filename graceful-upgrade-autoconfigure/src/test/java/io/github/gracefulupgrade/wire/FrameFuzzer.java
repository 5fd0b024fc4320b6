package io.github.gracefulupgrade.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;

/**
 * Fuzz target: the bytes of one frame, with as many descriptors as the first byte of the
 * input says. It is a message whose encoding means the same, or an error with a name; and
 * every descriptor is in the message, or still the caller's.
 */
public final class FrameFuzzer {

	private FrameFuzzer() {
	}

	public static void fuzzerTestOneInput(byte[] input) {
		if (input.length < 1) {
			return;
		}
		List<Descriptor> came = new ArrayList<>();
		int[] closed = new int[1];
		for (int i = 0; i < (input[0] & 63); i++) {
			came.add(new Descriptor(i, (number) -> closed[0]++));
		}
		byte[] body = Arrays.copyOfRange(input, 1, Math.min(input.length, FrameCodec.MAX_LENGTH + 1));
		Message message;
		try {
			Frame frame = FrameCodec.decode(body);
			require(frame.descriptors() <= FrameCodec.MAX_DESCRIPTORS, "more descriptors than may travel");
			message = frame.message(came);
		}
		catch (ProtocolException ex) {
			require(closed[0] == 0, "a descriptor of a frame that is wrong is closed by its owner");
			return;
		}
		require(FrameCodec.descriptors(message).equals(came), "every descriptor is in the message, in its order");
		Message.discard(message);
		require(closed[0] == came.size(), "a message that is discarded closes its descriptors");
		meansTheSame(message);
	}

	private static void meansTheSame(Message message) {
		try {
			byte[] frame = FrameCodec.encode(message);
			require(FrameCodec.length(frame) == frame.length - FrameCodec.HEADER, "length of a frame");
			Message again = FrameCodec.decode(Arrays.copyOfRange(frame, FrameCodec.HEADER, frame.length))
				.message(FrameCodec.descriptors(message));
			// Of a later version, this one knows the fields that it has itself.
			byte[] twice = FrameCodec.encode(again);
			require(Arrays.equals(frame, twice), "a message that was sent on is the same message");
		}
		catch (ProtocolException ex) {
			throw new AssertionError("A message that was received cannot be sent: " + message, ex);
		}
	}

	private static void require(boolean condition, String what) {
		if (!condition) {
			throw new AssertionError("Not true: " + what);
		}
	}

}
