package io.github.gracefulupgrade.wire;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedByInterruptException;
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
	 * Whether this object is closed. Written by the control thread, read by the accepting
	 * one.
	 */
	private volatile boolean closed;

	/**
	 * When it was last said that connections are turned away, by {@link System#nanoTime},
	 * or 0. Volatile, since each published socket has an accepting thread of its own.
	 */
	private volatile long saidFull;

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
		try {
			close(reach());
			return true;
		}
		catch (QueueFullException ex) {
			// Whoever it is lives, even if it is stopped.
			return true;
		}
		catch (IOException | UpgradeSocketException ex) {
			return false;
		}
	}

	@Override
	public Peer connect() {
		AFUNIXSocketChannel channel = null;
		UnixPeer peer;
		try {
			channel = reach();
			AFUNIXSocketCredentials listener = channel.getPeerCredentials();
			if (!Credentials.trusted(listener)) {
				throw this.path.foreign(listener.getUid());
			}
			peer = peer((AFUNIXSocket) channel.socket(), false);
		}
		catch (UpgradeSocketException ex) {
			close(channel);
			throw ex;
		}
		catch (IOException ex) {
			close(channel);
			throw connectFailure(ex);
		}
		peer.start();
		return peer;
	}

	/**
	 * Connect to whoever listens at the path, without waiting for one that is stopped. A
	 * process that is being replaced may stop to listen between the look at the path and
	 * the connection; then another socket stands there.
	 */
	private AFUNIXSocketChannel reach() throws IOException {
		// An interrupt would close the channel. It is kept for whoever looks next.
		boolean interrupted = Thread.interrupted();
		try {
			for (int attempt = 1;; attempt++) {
				FileStatus before = this.path.standing();
				try {
					return reachOnce();
				}
				catch (ClosedByInterruptException ex) {
					interrupted |= Thread.interrupted();
				}
				catch (IOException ex) {
					FileStatus now = this.path.standing();
					if (now == null || before == null || now.key().equals(before.key()) || attempt >= ATTEMPTS) {
						throw ex;
					}
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private AFUNIXSocketChannel reachOnce() throws IOException {
		AFUNIXSocketChannel channel = AFUNIXSocketChannel.open();
		try {
			channel.configureBlocking(false);
			if (!channel.connect(UpgradePath.address(getPath()))) {
				throw new QueueFullException();
			}
			channel.configureBlocking(true);
			return channel;
		}
		catch (IOException ex) {
			close(channel);
			throw ex;
		}
	}

	private UpgradeSocketException connectFailure(IOException ex) {
		if (ex instanceof QueueFullException) {
			return this.path.nobody("does not accept connections at the moment", ex);
		}
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
		if (this.closed) {
			throw new IllegalStateException("Closed: " + getPath());
		}
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
	 * successor that took it has published before. A process that connected just before
	 * may still be announced just after.
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
	 * Retire for good, and close all connections. {@link Peer.Events#disconnected}
	 * follows for each of them.
	 */
	@Override
	public void close() {
		this.closed = true;
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
				turnAway(socket, credentials);
			}
			else {
				UnixPeer peer = peer(socket, true);
				peer.start();
				if (this.closed) {
					// It came too late to be among those that close() knew.
					peer.close();
				}
			}
		}
		catch (IOException ex) {
			close(socket);
			logger.log(Level.WARNING, "A connection to the upgrade socket failed", ex);
		}
	}

	private void turnAway(AFUNIXSocket socket, AFUNIXSocketCredentials credentials) throws IOException {
		// Once in a while is enough: a flood must not fill the log either.
		long now = System.nanoTime();
		if (this.saidFull == 0 || now - this.saidFull > TimeUnit.SECONDS.toNanos(10)) {
			logger.log(Level.WARNING, "Connections to the upgrade socket are turned away, the first one"
					+ " from process {0,number,#}: {1} are open", credentials.getPid(), this.incoming.get());
			this.saidFull = now;
		}
		socket.close();
	}

	private void refuse(AFUNIXSocket socket, AFUNIXSocketCredentials credentials) throws IOException {
		logger.log(Level.WARNING,
				"Process {0,number,#} of another user (uid {1,number,#}) was refused at the upgrade socket",
				credentials.getPid(), credentials.getUid());
		try (socket) {
			// Fits into the empty buffer of a new connection: this thread never waits.
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

	private static void close(@Nullable Closeable channel) {
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

	/**
	 * More processes wait to be accepted than the kernel keeps.
	 */
	private static final class QueueFullException extends IOException {

		QueueFullException() {
			super("the queue of connections that wait is full");
		}

	}

}
