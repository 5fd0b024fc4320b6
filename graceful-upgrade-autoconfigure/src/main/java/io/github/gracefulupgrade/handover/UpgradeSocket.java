package io.github.gracefulupgrade.handover;

/**
 * The Unix domain socket at the path that both instances agree on. Used by the control
 * thread only.
 */
public interface UpgradeSocket {

	/**
	 * Check that the path can be used: a socket or nothing, in a folder that exists, is
	 * writable, and in which nobody else can replace it. Changes nothing.
	 * @throws UpgradeSocketException if it cannot, with a message for the operator
	 */
	void check();

	/**
	 * Whether a living process listens at the path.
	 * @return whether a connection is accepted
	 */
	boolean answers();

	/**
	 * Whether another process's socket stands at the path, in the place of the one that
	 * this process published, and answers.
	 * @return whether a successor has taken the path
	 */
	boolean replaced();

	/**
	 * Do what can be done of {@link #publish()} where nobody sees it, so that it takes
	 * less time. If this fails, {@code publish()} does all of it.
	 * @throws UpgradeSocketException if it fails
	 */
	void prepareToPublish();

	/**
	 * Listen, and put the listening socket at the path in one step. A socket that stands
	 * there is replaced: the caller holds the {@link OwnershipLock}, so it is this
	 * process's predecessor's or a dead one's. Anything else that stands there is left
	 * alone. From now on {@link Peer.Events#connected} is called for each process of the
	 * same user (or root) that connects. Does nothing if this process's socket stands at
	 * the path.
	 * @throws UpgradeSocketException if that fails; nothing has changed then
	 */
	void publish();

	/**
	 * {@linkplain #publish() Publish} again if that is needed: somebody removed what
	 * stood at the path. Does nothing if any process listens there.
	 * @throws UpgradeSocketException if that fails
	 */
	void restore();

	/**
	 * Stop listening. The path is removed if this process's socket still stands there,
	 * and left alone if a successor's does. Connections to peers stay open. Does nothing
	 * if it is not listening.
	 */
	void retire();

	/**
	 * Connect to the incumbent, without waiting for longer than a connection in the
	 * kernel takes.
	 * @return the connection; its events go to the same {@link Peer.Events}, but for
	 * {@link Peer.Events#connected}
	 * @throws UpgradeSocketException if nobody answers there, or somebody who runs as
	 * another user
	 */
	Peer connect();

}
