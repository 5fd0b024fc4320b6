package io.github.gracefulupgrade.handover;

/**
 * The connection to the process at the other end of the upgrade socket. Its user id has
 * been checked. Used by the control thread only.
 */
public interface Peer {

	/**
	 * Send a message. Returns when it is in the kernel; waits at most for a short bound
	 * that the implementation sets, since a peer that does not read must not hold up this
	 * process. A failure is not thrown: it closes the connection, and
	 * {@link Events#disconnected} follows. Borrowed descriptors in the message need to
	 * stay open only until this method returns.
	 * @param message the message
	 * @return whether all of it is in the kernel; if not, the other process does not get
	 * it, or not whole
	 */
	boolean send(Message message);

	/**
	 * Close the connection. {@link Events#disconnected} follows once, unless it came
	 * before. What was sent before is still delivered.
	 */
	void close();

	/**
	 * What happens on connections. Called on threads of the wire, in order for each peer;
	 * implementations hand over to the control thread at once.
	 */
	interface Events {

		/**
		 * A process connected to the upgrade socket of this one.
		 * @param peer the new connection
		 */
		void connected(Peer peer);

		/**
		 * A message came. Its descriptors belong to the receiver from now on.
		 * @param peer the connection
		 * @param message the message
		 */
		void received(Peer peer, Message message);

		/**
		 * The connection ended: last event of a peer.
		 * @param peer the connection
		 * @param reason what ended it, as a part of a sentence: "the peer closed the
		 * connection", "the peer sent garbage: …"
		 */
		void disconnected(Peer peer, String reason);

	}

}
