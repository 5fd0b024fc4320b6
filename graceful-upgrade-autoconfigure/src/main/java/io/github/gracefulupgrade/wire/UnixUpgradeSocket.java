package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;

import io.github.gracefulupgrade.handover.Peer;
import io.github.gracefulupgrade.handover.UpgradeSocket;
import io.github.gracefulupgrade.handover.UpgradeSocketException;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFSocket;
import org.newsclub.net.unix.AFSocketCapability;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * The upgrade socket as a Unix domain socket of the kernel. Its methods belong to the
 * control thread, which is a platform thread; {@link Peer.Events} are called on daemon
 * threads of its own, one that accepts and one for each connection.
 * <p>
 * Interrupting the control thread breaks no connection.
 */
public final class UnixUpgradeSocket implements UpgradeSocket, AutoCloseable {

	private static final Logger logger = System.getLogger(UnixUpgradeSocket.class.getName());

	private final UpgradePath path;

	private final Connector connector;

	private final Peers peers;

	/**
	 * What is published, or {@code null}. Control thread only.
	 */
	private @Nullable PublishedSocket published;

	/**
	 * What can be published, or {@code null}. Control thread only.
	 */
	private @Nullable PublishedSocket prepared;

	/**
	 * Create an upgrade socket with {@linkplain WireSettings#DEFAULTS default settings}.
	 * Nothing happens to the path yet.
	 * @param path the path that both instances agree on
	 * @param events what is told about connections
	 */
	public UnixUpgradeSocket(Path path, Peer.Events events) {
		this(path, events, WireSettings.DEFAULTS);
	}

	/**
	 * Create an upgrade socket. Nothing happens to the path yet.
	 * @param path the path that both instances agree on
	 * @param events what is told about connections
	 * @param settings the bounds for peers
	 */
	public UnixUpgradeSocket(Path path, Peer.Events events, WireSettings settings) {
		this.path = new UpgradePath(path);
		this.connector = new Connector(this.path);
		this.peers = new Peers(events, settings);
	}

	/**
	 * The path, absolute and normalised.
	 * @return the path
	 */
	public Path getPath() {
		return this.path.path();
	}

	/**
	 * Whether other users, too, can create files in the folder of the path, which is
	 * allowed if it is sticky, like {@code /tmp}: worth a hint to the operator. Call it
	 * after {@link #check()}.
	 * @return whether the folder is shared
	 * @throws UpgradeSocketException if the folder is missing
	 */
	public boolean sharedFolder() {
		return this.path.sharedFolder();
	}

	@Override
	public void check() {
		if (!AFUNIXSocket.isSupported() || !AFSocket.supports(AFSocketCapability.CAPABILITY_FILE_DESCRIPTORS)
				|| !AFSocket.supports(AFSocketCapability.CAPABILITY_PEER_CREDENTIALS)
				|| !AFSocket.supports(AFSocketCapability.CAPABILITY_UNSAFE)) {
			throw this.path.unusable("cannot be used on this platform: the native library of junixsocket does not load",
					"Run on Linux, and see to it that files in java.io.tmpdir may be executed.", null);
		}
		try {
			this.path.check(Credentials.ownUid());
		}
		catch (IOException ex) {
			throw this.path.unusable("cannot be used: " + ex, "See to it that this process can open sockets.", ex);
		}
	}

	@Override
	public boolean answers() {
		return this.connector.answers();
	}

	@Override
	public Peer connect() {
		UnixPeer peer;
		try {
			peer = this.peers.reached(this.connector.connect());
		}
		catch (IOException ex) {
			throw this.connector.failure(ex);
		}
		peer.start();
		return peer;
	}

	@Override
	public boolean replaced() {
		return this.published != null && !this.published.standsAtThePath() && answers();
	}

	@Override
	public void prepareToPublish() {
		if (this.prepared != null || this.published != null || this.peers.isClosed()) {
			return;
		}
		this.prepared = PublishedSocket.prepare(this.path, this.peers::letIn);
	}

	@Override
	public void publish() {
		if (this.peers.isClosed()) {
			throw new IllegalStateException("Closed: " + getPath());
		}
		if (this.published != null && this.published.standsAtThePath()) {
			return;
		}
		retirePublished();
		check();
		PublishedSocket socket = this.prepared;
		this.prepared = null;
		if (socket == null || !publish(socket)) {
			socket = PublishedSocket.prepare(this.path, this.peers::letIn);
			socket.publish();
		}
		this.published = socket;
	}

	@Override
	public void restore() {
		if ((this.published == null || !this.published.standsAtThePath()) && !answers()) {
			publish();
			logger.log(Level.WARNING, "The upgrade socket '" + getPath() + "' was gone and has been put back");
		}
	}

	/**
	 * Publish what was prepared a while ago: its folder may be gone.
	 */
	private static boolean publish(PublishedSocket prepared) {
		try {
			prepared.publish();
			return true;
		}
		catch (UpgradeSocketException ex) {
			logger.log(Level.DEBUG, "The prepared upgrade socket could not be published", ex);
			return false;
		}
	}

	@Override
	public void retire() {
		PublishedSocket prepared = this.prepared;
		this.prepared = null;
		if (prepared != null) {
			prepared.discard();
		}
		retirePublished();
	}

	private void retirePublished() {
		PublishedSocket published = this.published;
		this.published = null;
		if (published != null) {
			published.retire();
		}
	}

	/**
	 * Retire for good, and close all connections. {@link Peer.Events#disconnected}
	 * follows for each of them.
	 */
	@Override
	public void close() {
		retire();
		this.peers.close();
	}

}
