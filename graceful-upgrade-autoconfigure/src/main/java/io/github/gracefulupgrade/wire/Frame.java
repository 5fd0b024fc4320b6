package io.github.gracefulupgrade.wire;

import java.util.List;
import java.util.function.Function;

import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;

/**
 * A frame whose bytes were decoded, and which becomes a message as soon as it has its
 * descriptors.
 *
 * @param type the type of the frame
 * @param descriptors the number of descriptors that belong to it, in the order in which
 * the frame mentions them
 * @param assembly makes the message out of exactly that many descriptors
 */
record Frame(FrameType type, int descriptors, Function<List<Descriptor>, Message> assembly) {

	/**
	 * A frame that no descriptor travels with.
	 */
	static Frame of(FrameType type, Message message) {
		return new Frame(type, 0, (none) -> message);
	}

	/**
	 * The message, which owns the descriptors from now on.
	 * @throws ProtocolException if there are more or less descriptors than belong to the
	 * frame; they stay the caller's then
	 */
	Message message(List<Descriptor> came) throws ProtocolException {
		if (came.size() != this.descriptors) {
			throw new ProtocolException(
					"%s announces %d descriptors and came with %d".formatted(this.type, this.descriptors, came.size()));
		}
		return this.assembly.apply(came);
	}

}
