package io.github.gracefulupgrade.handover;

import java.util.List;
import java.util.function.Consumer;

/**
 * What the application hands over besides its listeners. Called on the control thread.
 */
public interface Belongings {

	/**
	 * The most items that a successor takes: what comes beyond is no honest incumbent's.
	 */
	int MAX_ITEMS = 4096;

	/**
	 * Contributor of an incumbent's standard output, "out", and error, "err", which it
	 * hands over to a successor that it started itself. No application's contributor has
	 * this name, which begins with a space.
	 */
	String STANDARD_STREAMS = " stdio";

	/**
	 * Ask the application for it. Does not wait; takes a bounded time.
	 * @param done told once, on any thread, what there is
	 */
	void gather(Consumer<List<Item>> done);

	/**
	 * The most bytes of one state that this instance takes from an incumbent.
	 * @return the number of bytes
	 */
	long maxStateBytes();

	/**
	 * Keep what an incumbent sent until the application asks.
	 * @param items what came; their descriptors belong to this object from now on
	 */
	void receive(List<Item> items);

	/**
	 * Something that belongs to the application.
	 */
	sealed interface Item {

		/**
		 * The name of the contributor.
		 * @return the name
		 */
		String contributor();

		/**
		 * The name that it has there.
		 * @return the name
		 */
		String name();

	}

	/**
	 * State.
	 *
	 * @param contributor the name of the contributor
	 * @param name the name of the state
	 * @param bytes the state
	 */
	record State(String contributor, String name, byte[] bytes) implements Item {
	}

	/**
	 * A descriptor.
	 *
	 * @param contributor the name of the contributor
	 * @param name the name of the descriptor
	 * @param descriptor the descriptor: lent by the sender, owned by the receiver
	 */
	record Open(String contributor, String name, Descriptor descriptor) implements Item {
	}

}
