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

	private final List<Item> items = new ArrayList<>();

	private @Nullable ByteArrayOutputStream open;

	/**
	 * Whether the state that is open is too large.
	 */
	private boolean skipping;

	private final List<String> tooLarge = new ArrayList<>();

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
	 * Take a part of a state. One that gets larger than this instance takes, though not
	 * than its incumbent may send, is left out.
	 * @return whether it was acceptable
	 */
	boolean add(Message.StatePart part) {
		if (this.items.size() + this.tooLarge.size() >= Belongings.MAX_ITEMS) {
			return false;
		}
		ByteArrayOutputStream bytes = (this.open != null) ? this.open : new ByteArrayOutputStream();
		this.open = bytes;
		if (!this.skipping && bytes.size() + (long) part.bytes().remaining() > this.maxBytes) {
			this.skipping = true;
			this.tooLarge.add(part.contributor());
			bytes.reset();
		}
		if (!this.skipping) {
			byte[] more = new byte[part.bytes().remaining()];
			part.bytes().duplicate().get(more);
			bytes.writeBytes(more);
		}
		if (part.last()) {
			if (!this.skipping) {
				this.items.add(new State(part.contributor(), part.name(), bytes.toByteArray()));
			}
			this.open = null;
			this.skipping = false;
		}
		return true;
	}

	/**
	 * The contributors whose state was left out, since it was too large.
	 */
	List<String> tooLarge() {
		return List.copyOf(this.tooLarge);
	}

	/**
	 * Take descriptors.
	 * @return whether they were acceptable; if not, they are the caller's still
	 */
	boolean add(Message.OpenFiles files) {
		if (this.items.size() + files.descriptors().size() > Belongings.MAX_ITEMS) {
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
		this.skipping = false;
		return unpacked;
	}

	/**
	 * Nobody wants it.
	 */
	void discard() {
		this.tooLarge.clear();
		for (Item item : unpack()) {
			if (item instanceof Open file) {
				file.descriptor().close();
			}
		}
	}

}
