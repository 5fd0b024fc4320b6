package io.github.gracefulupgrade.handover;

import java.nio.ByteBuffer;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What the two processes say to each other, in the order in which a handover that
 * succeeds says it. How each is written to the socket is the business of the wire; what
 * each means is described in {@code docs/protocol.md}.
 */
public sealed interface Message {

	/**
	 * The version of the protocol that this code speaks. Both sides must speak the same.
	 */
	int PROTOCOL_VERSION = 1;

	/**
	 * Successor to incumbent, first of all: who is there.
	 *
	 * @param version the protocol version that the successor speaks
	 * @param pid the successor's process id
	 * @param application the successor's application name, for the log
	 */
	record Hello(int version, long pid, String application) implements Message {
	}

	/**
	 * Incumbent to successor: the successor may build its application and wait.
	 *
	 * @param version the protocol version that the incumbent speaks
	 * @param pid the incumbent's process id
	 * @param generation the number of handovers between the cold start and the incumbent
	 */
	record Welcome(int version, long pid, int generation) implements Message {
	}

	/**
	 * Incumbent to successor, instead of {@link Welcome}: no, and why.
	 *
	 * @param reason the kind of refusal
	 * @param pid the process that stands in the way: the other successor if
	 * {@link Refusal#BUSY}, else the incumbent
	 * @param text a sentence for the log
	 */
	record Refused(Refusal reason, long pid, String text) implements Message {
	}

	/**
	 * From a process that only tries whether it could be a successor, in place of
	 * {@link Hello}: whether it would be welcome. Answered by {@link Terms} or
	 * {@link Refused}, and that is all.
	 *
	 * @param version the protocol version that it speaks
	 * @param pid its process id
	 * @param application its application name, for the log
	 * @param built whether its application is built, so that this is the last question
	 */
	record Trial(int version, long pid, String application, boolean built) implements Message {
	}

	/**
	 * Incumbent's answer to {@link Trial}: welcome.
	 *
	 * @param version the protocol version that the incumbent speaks
	 * @param pid the incumbent's process id
	 * @param listeners what would be offered, without descriptors; at most {@value #MOST}
	 */
	record Terms(int version, long pid, List<Listener> listeners) implements Message {

		/**
		 * The most listeners that are told of.
		 */
		public static final int MOST = 64;

		public Terms {
			listeners = List.copyOf(listeners);
		}

	}

	/**
	 * Successor to incumbent: the application is built, the listeners may come.
	 */
	record Waiting() implements Message {
	}

	/**
	 * Incumbent to successor, before {@link Offer}: a part of some state of the
	 * application's. The parts of one state come in order, without another's in between.
	 *
	 * @param contributor the name of the contributor
	 * @param name the name of the state
	 * @param bytes the part, at most {@value #MAX_BYTES} bytes
	 * @param last whether it is the last part
	 */
	record StatePart(String contributor, String name, ByteBuffer bytes, boolean last) implements Message {

		/**
		 * The most bytes in one message.
		 */
		public static final int MAX_BYTES = 32_768;

		@Override
		public String kind() {
			return "STATE";
		}

	}

	/**
	 * Incumbent to successor, before {@link Offer}: descriptors of the application's.
	 *
	 * @param descriptors the descriptors, at most 32
	 */
	record OpenFiles(List<Belongings.Open> descriptors) implements Message {

		public OpenFiles {
			descriptors = List.copyOf(descriptors);
		}

		@Override
		public String kind() {
			return "DESCRIPTORS";
		}

	}

	/**
	 * Incumbent to successor: the listeners. More than one message if there are many.
	 *
	 * @param listeners the listeners in this message
	 * @param more whether another offer follows
	 */
	record Offer(List<Listener> listeners, boolean more) implements Message {

		public Offer {
			listeners = List.copyOf(listeners);
		}

	}

	/**
	 * Successor to incumbent: the web servers are started on these listeners, do not
	 * accept yet, and could.
	 *
	 * @param listeners the names of the listeners that were taken
	 */
	record Ready(List<String> listeners) implements Message {

		public Ready {
			listeners = List.copyOf(listeners);
		}

	}

	/**
	 * Successor to incumbent: it gives up, and why.
	 *
	 * @param reason a sentence for the log and for the endpoint
	 */
	record Failed(String reason) implements Message {
	}

	/**
	 * Incumbent to successor: the offer, if there was one, is taken back. The incumbent
	 * goes on, or goes away without being replaced.
	 *
	 * @param leaving whether the incumbent shuts down, so that a successor with
	 * {@code auto} may start cold in its place
	 * @param reason a sentence for the log
	 */
	record Withdrawn(boolean leaving, String reason) implements Message {
	}

	/**
	 * Incumbent to successor: the lock is free, take it and finish the start.
	 */
	record Commit() implements Message {
	}

	/**
	 * Successor to incumbent: it holds the lock, accepts connections and owns the path.
	 *
	 * @param connectable the names of the listeners that may be given established
	 * connections
	 * @param room how many connections it can take
	 */
	record Accepting(List<String> connectable, int room) implements Message {

		public Accepting {
			connectable = List.copyOf(connectable);
		}

	}

	/**
	 * Incumbent to successor, while it drains: connections that are between requests. At
	 * most {@value #BATCH} at a time.
	 *
	 * @param connections the connections
	 */
	record Handoff(List<Connections.Established> connections) implements Message {

		/**
		 * The most connections in one message.
		 */
		public static final int BATCH = 32;

		public Handoff {
			connections = List.copyOf(connections);
		}

		@Override
		public String kind() {
			return "CONNECTIONS";
		}

	}

	/**
	 * Successor to incumbent: the answer to each {@link Handoff}, in their order.
	 *
	 * @param taken how many of its connections the successor serves, from the first on;
	 * the others it has closed its descriptors of, and they remain the incumbent's
	 * @param room how many connections more it can take now
	 */
	record Received(int taken, int room) implements Message {
	}

	/**
	 * Successor to incumbent: it has been replaced itself. No more connections; and when
	 * it goes, that is no crash.
	 */
	record Enough() implements Message {
	}

	/**
	 * Incumbent to successor, after its drain: nothing is left.
	 *
	 * @param drained what the drain came to
	 * @param handover from the trigger to the successor's ACCEPTING, in milliseconds
	 * @param drain how long the drain took, in milliseconds
	 */
	record Farewell(Connections.Drained drained, long handover, long drain) implements Message {
	}

	/**
	 * Successor to incumbent: the incumbent may close its descriptors and exit.
	 */
	record Goodbye() implements Message {
	}

	/**
	 * Why a successor is not welcome.
	 */
	enum Refusal {

		/**
		 * Another successor is waiting or being handed over to.
		 */
		BUSY,

		/**
		 * The incumbent speaks another version of the protocol.
		 */
		VERSION,

		/**
		 * The incumbent shuts down or has already been replaced.
		 */
		LEAVING,

		/**
		 * The peer runs as a user that the incumbent does not trust.
		 */
		FOREIGN

	}

	/**
	 * A listener that is offered.
	 *
	 * @param name the name of the server that listens, unique within an application
	 * @param requested the address as configured, {@code host:port} with port 0 if any
	 * free port was asked for
	 * @param bound the address that the kernel gave, {@code host:port}
	 * @param descriptor the listening socket: lent by the sender, owned by the receiver
	 */
	record Listener(String name, String requested, String bound, Descriptor descriptor) {
	}

	/**
	 * The name of this kind of message in the protocol, for logs and errors.
	 * @return the name in capitals
	 */
	default String kind() {
		return getClass().getSimpleName().toUpperCase(java.util.Locale.ROOT);
	}

	/**
	 * Close all descriptors that came with a message that nobody wants.
	 * @param message the message, or {@code null}
	 */
	static void discard(@Nullable Message message) {
		if (message instanceof Offer offer) {
			offer.listeners().forEach((listener) -> listener.descriptor().close());
		}
		else if (message instanceof OpenFiles files) {
			files.descriptors().forEach((open) -> open.descriptor().close());
		}
		else if (message instanceof Handoff handoff) {
			handoff.connections().forEach((connection) -> connection.descriptor().close());
		}
	}

}
