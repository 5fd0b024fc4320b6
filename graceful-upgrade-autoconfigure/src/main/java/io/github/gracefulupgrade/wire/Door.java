package io.github.gracefulupgrade.wire;

import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/**
 * A listening Unix domain socket and the thread that accepts on it. The thread alone
 * closes the descriptor; {@link #close()} shuts the socket down, which wakes it.
 */
final class Door implements AutoCloseable {

	private static final Logger logger = System.getLogger(Door.class.getName());

	private static final int BACKLOG = 64;

	/**
	 * How long to wait when a connection cannot be accepted, most likely for want of
	 * descriptors.
	 */
	private static final Duration BACK_OFF = Duration.ofMillis(100);

	/**
	 * A duplicate of the descriptor that was bound: the object that bound it looks
	 * whether its path still stands before it accepts, and the path does not stay.
	 */
	private final AFUNIXServerSocket server;

	private final FileDescriptor descriptor;

	/**
	 * The same descriptor again, as a kind of object that can be shut down without being
	 * closed.
	 */
	private final AFUNIXSocketChannel lever;

	private final Consumer<AFUNIXSocket> visitors;

	/**
	 * Open until the socket is shut down.
	 */
	private final CountDownLatch shut = new CountDownLatch(1);

	/**
	 * Whether the descriptor is closed. Guarded by this object.
	 */
	private boolean closed;

	private Door(AFUNIXServerSocket server, Consumer<AFUNIXSocket> visitors) throws IOException {
		this.server = server;
		this.descriptor = server.getFileDescriptor();
		this.lever = FileDescriptorCast.using(this.descriptor).as(AFUNIXSocketChannel.class);
		this.visitors = visitors;
	}

	/**
	 * Bind, listen, and begin to accept.
	 * @param path where to bind; nothing stands there
	 * @param visitors called on the accepting thread with each connection, which it owns
	 */
	static Door open(Path path, Consumer<AFUNIXSocket> visitors) throws IOException {
		AFUNIXServerSocket bound = AFUNIXServerSocket.newInstance();
		AFUNIXServerSocket server = null;
		Door door;
		try {
			bound.setDeleteOnClose(false);
			bound.bind(UpgradePath.address(path), BACKLOG);
			server = FileDescriptorCast.duplicating(bound.getFileDescriptor()).as(AFUNIXServerSocket.class);
			server.setDeleteOnClose(false);
			door = new Door(server, visitors);
			Thread thread = new Thread(door::accept, "graceful-upgrade-accept");
			thread.setDaemon(true);
			thread.start();
		}
		catch (IOException | RuntimeException | Error ex) {
			if (server != null) {
				Descriptors.close(server.getFileDescriptor());
			}
			throw ex;
		}
		finally {
			// Its own close() would shut the socket down, for the duplicate as well.
			Descriptors.close(bound.getFileDescriptor());
		}
		return door;
	}

	/**
	 * Refuse further connections. Those that were let in stay.
	 */
	@Override
	public synchronized void close() {
		this.shut.countDown();
		if (!this.closed) {
			try {
				this.lever.shutdownInput();
			}
			catch (IOException ex) {
				logger.log(Level.WARNING, "The upgrade socket could not be shut down", ex);
			}
		}
	}

	private void accept() {
		while (this.shut.getCount() > 0 && !this.server.isClosed()) {
			try {
				this.visitors.accept(this.server.accept());
			}
			catch (IOException | RuntimeException | Error ex) {
				// Errors, too: there is no thread to be had now, but there may be later.
				pauseAfter(ex);
			}
		}
		synchronized (this) {
			this.closed = true;
			Descriptors.close(this.descriptor);
		}
	}

	private void pauseAfter(Throwable ex) {
		try {
			// Nothing to tell about if it is close() that ended the call.
			if (!this.shut.await(BACK_OFF.toMillis(), TimeUnit.MILLISECONDS)) {
				logger.log(Level.WARNING, "A connection to the upgrade socket could not be accepted", ex);
			}
		}
		catch (InterruptedException interrupt) {
			// This thread is ours, and close() is how it ends.
		}
	}

}
