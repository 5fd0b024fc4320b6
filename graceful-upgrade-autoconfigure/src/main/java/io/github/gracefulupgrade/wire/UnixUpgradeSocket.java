package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Peer;
import io.github.gracefulupgrade.handover.UpgradeSocket;
import io.github.gracefulupgrade.handover.UpgradeSocketException;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFSocket;
import org.newsclub.net.unix.AFSocketCapability;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketCredentials;
import org.newsclub.net.unix.ConnectionRefusedSocketException;

/**
 * The upgrade socket as a Unix domain socket of the kernel. Its methods belong to the
 * control thread, which is a platform thread; {@link Peer.Events} are called on daemon
 * threads of its own, one that accepts and one for each connection.
 * <p>
 * Interrupting the control thread breaks no connection.
 */
public final class UnixUpgradeSocket implements UpgradeSocket, AutoCloseable {

	private static final Logger logger = System.getLogger(UnixUpgradeSocket.class.getName());

	private static final int ATTEMPTS = 5;

	private final UpgradePath path;

	private final Peer.Events events;

	private final WireSettings settings;

	/**
	 * Ends what takes too long. Its thread goes when there is nothing to wait for.
	 */
	private final ScheduledExecutorService deadlines = deadlines();

	/**
	 * The open connections. Any thread.
	 */
	private final Set<UnixPeer> peers = ConcurrentHashMap.newKeySet();

	/**
	 * How many of them came from other processes. Any thread.
	 */
	private final AtomicInteger incoming = new AtomicInteger();

	/**
	 * What is published, or {@code null}. Control thread only.
	 */
	private @Nullable Published published;

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
		this.events = events;
		this.settings = settings;
	}

	private static ScheduledExecutorService deadlines() {
		ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "graceful-upgrade-deadlines");
			thread.setDaemon(true);
			return thread;
		});
		executor.setRemoveOnCancelPolicy(true);
		executor.setKeepAliveTime(10, TimeUnit.SECONDS);
		executor.allowCoreThreadTimeOut(true);
		return executor;
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
					"Run on Linux, and see to it that java.io.tmpdir allows to execute what is in it.", null);
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
		FileStatus standing;
		try {
			standing = this.path.standing();
		}
		catch (UpgradeSocketException ex) {
			return false;
		}
		if (standing == null) {
			return false;
		}
		try (AFUNIXSocketChannel channel = AFUNIXSocketChannel.open()) {
			tryConnect(channel);
			// Also if it is pending: the queue of a process that lives is full.
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Connect without waiting in the kernel for a process that is stopped.
	 * @return whether the connection stands; it does not if the queue of the listening
	 * socket is full
	 */
	private boolean tryConnect(AFUNIXSocketChannel channel) throws IOException {
		channel.configureBlocking(false);
		boolean connected = channel.connect(UpgradePath.address(this.path.path()));
		channel.configureBlocking(true);
		return connected;
	}

	@Override
	public Peer connect() {
		if (this.path.standing() == null) {
			throw this.path.nobody("does not exist", null);
		}
		AFUNIXSocketChannel channel = null;
		UnixPeer peer;
		try {
			channel = AFUNIXSocketChannel.open();
			if (!tryConnect(channel)) {
				throw this.path.nobody("does not accept connections at the moment", null);
			}
			AFUNIXSocketCredentials listener = channel.getPeerCredentials();
			if (!Credentials.trusted(listener)) {
				throw this.path.foreign(listener.getUid());
			}
			peer = peer((AFUNIXSocket) channel.socket(), false);
		}
		catch (IOException | UpgradeSocketException ex) {
			close(channel);
			throw (ex instanceof IOException failure) ? connectFailure(failure) : (UpgradeSocketException) ex;
		}
		peer.start();
		return peer;
	}

	private UpgradeSocketException connectFailure(IOException ex) {
		if (ex instanceof ConnectionRefusedSocketException) {
			return this.path.nobody("is what a process left behind that is gone: nobody listens", ex);
		}
		// The others have no types, and their texts depend on the locale.
		FileStatus standing = this.path.standing();
		if (standing == null) {
			return this.path.nobody("does not exist", ex);
		}
		if (!Files.isWritable(this.path.path())) {
			return this.path.foreign(standing.uid());
		}
		return this.path.unusable("cannot be connected to: " + ex.getMessage(),
				"Remove the file if it is not needed, or set pingora.upgrade-sock to another path.", ex);
	}

	@Override
	public boolean replaced() {
		return this.published != null && !standsAtThePath(this.published) && answers();
	}

	private boolean standsAtThePath(Published published) {
		try {
			FileStatus standing = this.path.standing();
			return standing != null && standing.key().equals(published.key());
		}
		catch (UpgradeSocketException ex) {
			return false;
		}
	}

	@Override
	public void publish() {
		if (this.published != null && standsAtThePath(this.published)) {
			return;
		}
		retire();
		check();
		Path folder = null;
		Door door = null;
		boolean complete = false;
		try {
			folder = createTemporaryFolder();
			Path socket = UpgradePath.temporarySocket(folder);
			door = Door.open(socket, this::letIn);
			// Nobody else gets into the folder, so nobody saw it with another mode.
			Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
			Object key = FileStatus.of(socket, LinkOption.NOFOLLOW_LINKS).key();
			putInPlace(socket);
			this.published = new Published(door, key);
			complete = true;
		}
		catch (IOException ex) {
			throw this.path.unusable("cannot be created: " + ex,
					"See to it that this process can create files, sockets and links in its folder.", ex);
		}
		finally {
			if (!complete && door != null) {
				door.close();
			}
			if (folder != null) {
				removeTemporary(folder);
			}
		}
	}

	private Path createTemporaryFolder() throws IOException {
		for (int attempt = 1;; attempt++) {
			try {
				return Files.createDirectory(this.path.temporaryFolder(),
						PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
			}
			catch (FileAlreadyExistsException ex) {
				if (attempt == ATTEMPTS) {
					throw ex;
				}
			}
		}
	}

	/**
	 * Link, which fails if something stands there, or rename, which replaces it in one
	 * step. There is no rename that replaces only sockets, so what was there is looked at
	 * right before.
	 */
	private void putInPlace(Path socket) throws IOException {
		for (int attempt = 1;; attempt++) {
			if (this.path.standing() != null) {
				Files.move(socket, getPath(), StandardCopyOption.ATOMIC_MOVE);
				return;
			}
			try {
				Files.createLink(getPath(), socket);
				return;
			}
			catch (FileAlreadyExistsException ex) {
				if (attempt == ATTEMPTS) {
					throw ex;
				}
			}
			catch (UnsupportedOperationException ex) {
				throw new IOException("the file system has no links", ex);
			}
		}
	}

	private void removeTemporary(Path folder) {
		try {
			Files.deleteIfExists(UpgradePath.temporarySocket(folder));
			Files.deleteIfExists(folder);
		}
		catch (IOException ex) {
			logger.log(Level.WARNING, "The temporary folder '" + folder + "' could not be removed", ex);
		}
	}

	/**
	 * Remove the path if it is still this process's. To look and to remove are two steps:
	 * nobody replaces the socket in between as long as the caller holds the lock, or a
	 * successor that took it has published before.
	 */
	@Override
	public void retire() {
		Published published = this.published;
		if (published == null) {
			return;
		}
		this.published = null;
		try {
			FileStatus standing = this.path.standing();
			if (standing != null && standing.key().equals(published.key())) {
				Files.deleteIfExists(getPath());
			}
		}
		catch (UpgradeSocketException ex) {
			logger.log(Level.DEBUG, "Something else stands at the path of the upgrade socket", ex);
		}
		catch (IOException ex) {
			logger.log(Level.WARNING, "The upgrade socket '" + getPath() + "' could not be removed", ex);
		}
		published.door().close();
	}

	/**
	 * Retire, and close all connections. {@link Peer.Events#disconnected} follows for
	 * each of them.
	 */
	@Override
	public void close() {
		retire();
		this.peers.forEach(UnixPeer::close);
	}

	/**
	 * On the accepting thread.
	 */
	private void letIn(AFUNIXSocket socket) {
		try {
			AFUNIXSocketCredentials credentials = socket.getPeerCredentials();
			if (!Credentials.trusted(credentials)) {
				refuse(socket, credentials);
			}
			else if (this.incoming.get() >= this.settings.maxConnections()) {
				logger.log(Level.WARNING,
						"Process {0,number,#} was turned away from the upgrade socket: too many connections",
						credentials.getPid());
				socket.close();
			}
			else {
				peer(socket, true).start();
			}
		}
		catch (IOException ex) {
			logger.log(Level.WARNING, "A connection to the upgrade socket failed", ex);
		}
	}

	private void refuse(AFUNIXSocket socket, AFUNIXSocketCredentials credentials) throws IOException {
		logger.log(Level.WARNING,
				"Process {0,number,#} of another user (uid {1,number,#}) was refused at the upgrade socket",
				credentials.getPid(), credentials.getUid());
		try (socket) {
			// Fits into the empty buffer of a new connection, so this thread is not held
			// up.
			socket.getOutputStream()
				.write(FrameCodec.encode(new Message.Refused(Message.Refusal.FOREIGN, ProcessHandle.current().pid(),
						"this process runs as uid %d, yours as uid %d".formatted(Credentials.ownUid(),
								credentials.getUid()))));
		}
	}

	private UnixPeer peer(AFUNIXSocket socket, boolean incoming) throws IOException {
		UnixPeer peer = new UnixPeer(socket, incoming, this.events, this.settings, this.deadlines,
				(ended) -> ended(ended, incoming));
		this.peers.add(peer);
		if (incoming) {
			this.incoming.incrementAndGet();
		}
		return peer;
	}

	private void ended(UnixPeer peer, boolean incoming) {
		this.peers.remove(peer);
		if (incoming) {
			this.incoming.decrementAndGet();
		}
	}

	private static void close(@Nullable AFUNIXSocketChannel channel) {
		try {
			if (channel != null) {
				channel.close();
			}
		}
		catch (IOException ex) {
			// There is nothing left to be done about it.
		}
	}

	private record Published(Door door, Object key) {
	}

}
