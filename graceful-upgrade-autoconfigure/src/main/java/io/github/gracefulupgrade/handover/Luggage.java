package io.github.gracefulupgrade.handover;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.Belongings.Item;
import io.github.gracefulupgrade.handover.Belongings.Open;
import io.github.gracefulupgrade.handover.Belongings.State;
import org.jspecify.annotations.Nullable;

/**
 * The application's belongings on their way: taken apart into messages by the incumbent,
 * and put together again by the successor.
 * <p>
 * All state is the control thread's.
 */
final class Luggage {

	private static final int DESCRIPTORS = 32;

	/**
	 * The most that a successor takes: what comes beyond is no honest incumbent's.
	 */
	private static final int MAX_ITEMS = 4096;

	private final List<Item> items = new ArrayList<>();

	private @Nullable ByteArrayOutputStream open;

	private final long maxBytes;

	/**
	 * Begin to put belongings together.
	 * @param maxBytes the most bytes that one state may have
	 */
	Luggage(long maxBytes) {
		this.maxBytes = maxBytes;
	}

	/**
	 * Send belongings.
	 */
	static void send(List<Item> items, Consumer<Message> peer) {
		List<Open> descriptors = new ArrayList<>();
		for (Item item : items) {
			if (item instanceof State state) {
				send(state, peer);
			}
			else if (item instanceof Open open) {
				descriptors.add(open);
			}
		}
		for (int from = 0; from < descriptors.size(); from += DESCRIPTORS) {
			peer.accept(
					new Message.OpenFiles(descriptors.subList(from, Math.min(descriptors.size(), from + DESCRIPTORS))));
		}
	}

	private static void send(State state, Consumer<Message> peer) {
		byte[] bytes = state.bytes();
		int from = 0;
		do {
			int length = Math.min(Message.StatePart.MAX_BYTES, bytes.length - from);
			boolean last = (from + length == bytes.length);
			peer.accept(new Message.StatePart(state.contributor(), state.name(), ByteBuffer.wrap(bytes, from, length),
					last));
			from += length;
		}
		while (from < bytes.length);
	}

	/**
	 * Take a part of a state.
	 * @return whether it was acceptable
	 */
	boolean add(Message.StatePart part) {
		ByteArrayOutputStream bytes = (this.open != null) ? this.open : new ByteArrayOutputStream();
		if (this.items.size() >= MAX_ITEMS || bytes.size() + (long) part.bytes().remaining() > this.maxBytes) {
			return false;
		}
		byte[] more = new byte[part.bytes().remaining()];
		part.bytes().duplicate().get(more);
		bytes.writeBytes(more);
		if (part.last()) {
			this.items.add(new State(part.contributor(), part.name(), bytes.toByteArray()));
			this.open = null;
		}
		else {
			this.open = bytes;
		}
		return true;
	}

	/**
	 * Take descriptors.
	 * @return whether they were acceptable; if not, they are the caller's still
	 */
	boolean add(Message.OpenFiles files) {
		if (this.items.size() + files.descriptors().size() > MAX_ITEMS) {
			return false;
		}
		this.items.addAll(files.descriptors());
		return true;
	}

	/**
	 * What came, to be kept by somebody else.
	 */
	List<Item> unpack() {
		List<Item> unpacked = List.copyOf(this.items);
		this.items.clear();
		this.open = null;
		return unpacked;
	}

	/**
	 * Nobody wants it.
	 */
	void discard() {
		for (Item item : unpack()) {
			if (item instanceof Open file) {
				file.descriptor().close();
			}
		}
	}

}
