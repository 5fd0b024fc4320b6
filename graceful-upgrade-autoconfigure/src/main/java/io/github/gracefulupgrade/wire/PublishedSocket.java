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
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.UpgradeSocketException;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * A listening socket of this process that is to be put at the path of the upgrade socket,
 * or was, and may have been replaced there. It is made in a folder of its own and put in
 * place in one step, so that the path never leads to a socket that is not ready. Control
 * thread only.
 */
final class PublishedSocket {

	private static final Logger logger = System.getLogger(PublishedSocket.class.getName());

	private static final int ATTEMPTS = 5;

	private final UpgradePath path;

	/**
	 * Where the socket was bound: nobody else gets in.
	 */
	private final Path folder;

	private final Door door;

	/**
	 * Tells the file apart from others at the same path.
	 */
	private final Object key;

	private PublishedSocket(UpgradePath path, Path folder, Door door, Object key) {
		this.path = path;
		this.folder = folder;
		this.door = door;
		this.key = key;
	}

	/**
	 * Listen, where nobody sees it yet.
	 * @param path the path, which was checked
	 * @param visitors called on the accepting thread with each connection, which it owns
	 * @return the socket, to be {@linkplain #publish() published} or
	 * {@linkplain #discard() discarded}
	 * @throws UpgradeSocketException if that is not possible; nothing has changed then
	 */
	static PublishedSocket prepare(UpgradePath path, Consumer<AFUNIXSocket> visitors) {
		Path folder = null;
		Door door = null;
		boolean complete = false;
		try {
			folder = createTemporaryFolder(path);
			Path socket = UpgradePath.temporarySocket(folder);
			door = Door.open(socket, visitors);
			// Nobody else gets into the folder, so nobody saw it with another mode.
			Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
			Object key = FileStatus.of(socket, LinkOption.NOFOLLOW_LINKS).key();
			complete = true;
			return new PublishedSocket(path, folder, door, key);
		}
		catch (IOException ex) {
			throw cannotBeCreated(path, ex);
		}
		finally {
			if (!complete && door != null) {
				door.close();
			}
			if (!complete && folder != null) {
				removeTemporary(folder);
			}
		}
	}

	/**
	 * Put the socket at the path, in the place of any other that stands there.
	 * @throws UpgradeSocketException if that is not possible; nothing has changed then,
	 * but that this socket is discarded
	 */
	void publish() {
		boolean complete = false;
		try {
			putInPlace(UpgradePath.temporarySocket(this.folder), this.path);
			complete = true;
		}
		catch (IOException ex) {
			throw cannotBeCreated(this.path, ex);
		}
		finally {
			if (!complete) {
				this.door.close();
			}
			removeTemporary(this.folder);
		}
	}

	/**
	 * Give up a socket that was not published.
	 */
	void discard() {
		this.door.close();
		removeTemporary(this.folder);
	}

	private static UpgradeSocketException cannotBeCreated(UpgradePath path, IOException ex) {
		return path.unusable("cannot be created: " + ex,
				"See to it that this process can create files, sockets and links in its folder.", ex);
	}

	private static Path createTemporaryFolder(UpgradePath path) throws IOException {
		for (int attempt = 1;; attempt++) {
			try {
				return Files.createDirectory(path.temporaryFolder(),
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
	private static void putInPlace(Path socket, UpgradePath path) throws IOException {
		for (int attempt = 1;; attempt++) {
			if (path.standing() != null) {
				Files.move(socket, path.path(), StandardCopyOption.ATOMIC_MOVE);
				return;
			}
			try {
				Files.createLink(path.path(), socket);
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

	private static void removeTemporary(Path folder) {
		try {
			Files.deleteIfExists(UpgradePath.temporarySocket(folder));
			Files.deleteIfExists(folder);
		}
		catch (IOException ex) {
			logger.log(Level.WARNING, "The temporary folder '" + folder + "' could not be removed", ex);
		}
	}

	/**
	 * Whether this socket is the one that stands at the path.
	 */
	boolean standsAtThePath() {
		try {
			FileStatus standing = this.path.standing();
			return standing != null && standing.key().equals(this.key);
		}
		catch (UpgradeSocketException ex) {
			return false;
		}
	}

	/**
	 * Stop to listen, and remove the path if it is still this process's. To look and to
	 * remove are two steps: nobody replaces the socket in between as long as the caller
	 * holds the lock, or a successor that took it has published before. A process that
	 * connected just before may still be announced just after.
	 */
	void retire() {
		try {
			FileStatus standing = this.path.standing();
			if (standing != null && standing.key().equals(this.key)) {
				Files.deleteIfExists(this.path.path());
			}
		}
		catch (UpgradeSocketException ex) {
			logger.log(Level.DEBUG, "Something else stands at the path of the upgrade socket", ex);
		}
		catch (IOException ex) {
			logger.log(Level.WARNING, "The upgrade socket '" + this.path.path() + "' could not be removed", ex);
		}
		this.door.close();
	}

}
