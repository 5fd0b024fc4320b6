package io.github.gracefulupgrade.netty;

import java.util.function.IntSupplier;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * What is read of one connection while a drain is on: whether anything is, by a
 * {@link ByteGate}, and how much at a time, by a {@link ReadLimit}. Neither is there
 * before a drain first needs it. For the connection's event loop only.
 */
final class Inlet {

	private final Channel channel;

	private final Runnable passed;

	/**
	 * In place from the first look that a drain takes until the drain is called off.
	 */
	private @Nullable ByteGate gate;

	/**
	 * In place from the first time that a drain limits what is read.
	 */
	private @Nullable ReadLimit readLimit;

	/**
	 * Create an inlet through which everything passes.
	 * @param channel the connection
	 * @param passed run when bytes have passed the gate
	 */
	Inlet(Channel channel, Runnable passed) {
		this.channel = channel;
		this.passed = passed;
	}

	/**
	 * The gate, which is put in place if it is not there yet.
	 */
	ByteGate gate() {
		ByteGate gate = this.gate;
		if (gate == null) {
			gate = new ByteGate(this.passed);
			this.gate = gate;
			this.channel.pipeline().addFirst(TrackedConnection.PREFIX + "gate", gate);
		}
		return gate;
	}

	/**
	 * Read no more at a time than this, or as much as ever.
	 */
	void limit(@Nullable IntSupplier limit) {
		ReadLimit readLimit = this.readLimit;
		if (readLimit == null && limit != null) {
			readLimit = ReadLimit.install(this.channel);
			this.readLimit = readLimit;
		}
		if (readLimit != null) {
			readLimit.set(limit);
		}
	}

	/**
	 * Whether the connection is being closed, by whomever.
	 */
	boolean isClosing() {
		return this.gate != null && this.gate.isClosing();
	}

	/**
	 * Take the gate away, unless the connection is being closed: the gate sees to that.
	 */
	void removeGate() {
		ByteGate gate = this.gate;
		if (gate != null && !gate.isClosing()) {
			this.gate = null;
			gate.open();
			this.channel.pipeline().remove(gate);
		}
	}

}
