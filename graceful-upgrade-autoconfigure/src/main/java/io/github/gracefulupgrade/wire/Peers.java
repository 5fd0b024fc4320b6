package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Peer;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketCredentials;

/**
 * The open connections of an upgrade socket, to and from other processes. Of those that
 * come, it lets in the ones of trusted users, and as many as are allowed. Safe for use by
 * the control thread, the accepting threads and the readers at once.
 */
final class Peers implements AutoCloseable {

	private static final Logger logger = System.getLogger(Peers.class.getName());

	private final Peer.Events events;

	private final WireSettings settings;

	/**
	 * Ends what takes too long. Its thread goes when there is nothing to wait for.
	 */
	private final ScheduledExecutorService deadlines = deadlines();

	private final Set<UnixPeer> peers = ConcurrentHashMap.newKeySet();

	/**
	 * How many of them came from other processes.
	 */
	private final AtomicInteger incoming = new AtomicInteger();

	/**
	 * Written by the control thread, read by the accepting ones.
	 */
	private volatile boolean closed;

	/**
	 * When it was last said that connections are turned away, by {@link System#nanoTime},
	 * or 0. Volatile, since each published socket has an accepting thread of its own.
	 */
	private volatile long saidFull;

	Peers(Peer.Events events, WireSettings settings) {
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
	 * Take over a connection that this process made. It does not read yet.
	 */
	UnixPeer reached(AFUNIXSocket socket) throws IOException {
		return add(socket, false);
	}

	/**
	 * Somebody connected. Called on an accepting thread.
	 */
	void letIn(AFUNIXSocket socket) {
		try {
			AFUNIXSocketCredentials credentials = socket.getPeerCredentials();
			if (!Credentials.trusted(credentials)) {
				refuse(socket, credentials);
			}
			else if (this.incoming.get() >= this.settings.maxConnections()) {
				turnAway(socket, credentials);
			}
			else {
				UnixPeer peer = add(socket, true);
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

	private UnixPeer add(AFUNIXSocket socket, boolean incoming) throws IOException {
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

	boolean isClosed() {
		return this.closed;
	}

	/**
	 * Close all connections, and those that still come. {@link Peer.Events#disconnected}
	 * follows for each of them.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.peers.forEach(UnixPeer::close);
	}

	private static void close(AFUNIXSocket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			// There is nothing left to be done about it.
		}
	}

}
