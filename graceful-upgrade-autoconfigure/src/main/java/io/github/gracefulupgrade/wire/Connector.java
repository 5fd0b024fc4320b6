package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;

import io.github.gracefulupgrade.handover.UpgradeSocketException;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketCredentials;
import org.newsclub.net.unix.ConnectionRefusedSocketException;

/**
 * Connects to whoever listens at the path of the upgrade socket. Has no state; for the
 * control thread, which may be interrupted.
 */
final class Connector {

	/**
	 * How many sockets may follow each other at the path while one of them is reached.
	 */
	private static final int ATTEMPTS = 5;

	private final UpgradePath path;

	Connector(UpgradePath path) {
		this.path = path;
	}

	/**
	 * Whether somebody listens.
	 */
	boolean answers() {
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

	/**
	 * Connect to somebody who is trusted.
	 * @return the connection, which is the caller's
	 * @throws IOException if that fails; {@link #failure} knows what it means
	 * @throws UpgradeSocketException if something else stands at the path, or another
	 * user listens
	 */
	AFUNIXSocket connect() throws IOException {
		AFUNIXSocketChannel channel = reach();
		try {
			AFUNIXSocketCredentials listener = channel.getPeerCredentials();
			if (!Credentials.trusted(listener)) {
				throw this.path.foreign(listener.getUid());
			}
			return (AFUNIXSocket) channel.socket();
		}
		catch (IOException | UpgradeSocketException ex) {
			close(channel);
			throw ex;
		}
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
				if (before == null) {
					// The same as connect(2) says, at a fraction of what it costs to load
					// the classes of a socket: this is how most cold starts begin.
					throw new NoSuchFileException(this.path.path().toString());
				}
				try {
					return reachOnce();
				}
				catch (ClosedByInterruptException ex) {
					interrupted |= Thread.interrupted();
				}
				catch (IOException ex) {
					FileStatus now = this.path.standing();
					if (now == null || now.key().equals(before.key()) || attempt >= ATTEMPTS) {
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
			if (!channel.connect(UpgradePath.address(this.path.path()))) {
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

	/**
	 * What it means that a connection failed.
	 */
	UpgradeSocketException failure(IOException ex) {
		if (ex instanceof QueueFullException) {
			return this.path.nobody("does not accept connections at the moment", ex);
		}
		if (ex instanceof ConnectionRefusedSocketException) {
			return this.path.nobody("is what a process left behind that is gone: nobody listens", ex);
		}
		if (ex instanceof NoSuchFileException) {
			return this.path.nobody("does not exist", ex);
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

	private static void close(AFUNIXSocketChannel channel) {
		try {
			channel.close();
		}
		catch (IOException ex) {
			// There is nothing left to be done about it.
		}
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
