package io.github.gracefulupgrade.wire;

/**
 * The types of frames and their numbers, which are part of the protocol: never reused,
 * never renumbered. The gaps are for frames to come: {@code 0x30} to {@code 0x3f} for
 * what moves while the incumbent drains.
 */
enum FrameType {

	HELLO(0x01), WELCOME(0x02), REFUSED(0x03), TRIAL(0x04), TERMS(0x05),

	WAITING(0x10), OFFER(0x11), READY(0x12), FAILED(0x13), WITHDRAWN(0x14), COMMIT(0x15), STATE(0x16),
	DESCRIPTORS(0x17),

	ACCEPTING(0x20),

	CONNECTIONS(0x30), RECEIVED(0x31), ENOUGH(0x32),

	FAREWELL(0x40), GOODBYE(0x41);

	private final int number;

	FrameType(int number) {
		this.number = number;
	}

	int number() {
		return this.number;
	}

	static FrameType of(int number) throws ProtocolException {
		for (FrameType type : values()) {
			if (type.number == number) {
				return type;
			}
		}
		throw new ProtocolException("unknown type 0x%02x".formatted(number));
	}

}
