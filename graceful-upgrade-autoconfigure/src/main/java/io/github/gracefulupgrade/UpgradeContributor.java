package io.github.gracefulupgrade;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Hands what the starter knows nothing of from one version of the application to the
 * next: state, such as a warm cache or a rate limiter's window, and descriptors, such as
 * the listening socket of a gRPC server. Any number of beans may implement it.
 * <p>
 * Optional on both sides: a successor that has no contributor of that name never sees
 * what the incumbent's contributed, and one whose incumbent has none is not called. A
 * contributor that throws, takes too long ({@code pingora.state.timeout}) or contributes
 * too much ({@code pingora.state.max-size}) is named in the log, and the upgrade goes on
 * without it.
 */
public interface UpgradeContributor {

	/**
	 * The name by which the next version's contributor is found.
	 * @return a name, unique within the application, at most 255 bytes of UTF-8
	 */
	String getName();

	/**
	 * Contribute. Called on the incumbent when a handover begins, on a thread of the
	 * starter's, while the application serves on and other contributors do the same: what
	 * changes afterwards is lost unless the two versions share it. Called again if a
	 * handover failed and another one begins. The thread is interrupted when
	 * {@code pingora.state.timeout} is over.
	 * @param contribution takes state and descriptors; of no use after the return
	 * @throws Exception if nothing of this contributor's is to be handed over
	 */
	void contribute(Contribution contribution) throws Exception;

	/**
	 * Receive what the contributor of the same name contributed. Called on the successor,
	 * one contributor after the other, when the application is built and its web servers
	 * have not started. The incumbent serves on: the handover may still fail, and this
	 * process end without ever having served. Runs on a thread of the starter's, which is
	 * interrupted when {@code pingora.state.timeout} is over; descriptors that were not
	 * taken by then are closed.
	 * @param inheritance has state and descriptors; of no use after the return
	 * @throws Exception if the successor should go on without; it does
	 */
	void receive(Inheritance inheritance) throws Exception;

	/**
	 * Takes what an incumbent contributes.
	 */
	interface Contribution {

		/**
		 * Contribute state.
		 * @param name the state's name, unique within the contributor
		 * @return a stream to write it to; it need not be closed. Throws an
		 * {@link IllegalStateException} if it gets too much.
		 * @throws IllegalArgumentException if the name was used before, or is longer than
		 * 255 bytes of UTF-8
		 */
		OutputStream state(String name);

		/**
		 * Contribute a descriptor. The successor gets a duplicate; this process's remains
		 * its own, and has to stay open until the handover is over.
		 * @param name the descriptor's name, unique within the contributor
		 * @param descriptor the number of an open file descriptor
		 * @throws IllegalArgumentException if the name was used before or is longer than
		 * 255 bytes of UTF-8, or the descriptor is not open
		 */
		void descriptor(String name, int descriptor);

	}

	/**
	 * Has what an incumbent contributed.
	 */
	interface Inheritance {

		/**
		 * State that was contributed.
		 * @param name its name
		 * @return a stream to read it from, or empty if there is none of that name
		 */
		Optional<InputStream> state(String name);

		/**
		 * Take over a descriptor that was contributed. It belongs to the caller from now
		 * on; one that nobody takes is closed when {@link #receive} returns.
		 * @param name its name
		 * @return the number of an open file descriptor, close-on-exec, or empty if there
		 * is none of that name, or it was taken before
		 */
		OptionalInt descriptor(String name);

	}

}
