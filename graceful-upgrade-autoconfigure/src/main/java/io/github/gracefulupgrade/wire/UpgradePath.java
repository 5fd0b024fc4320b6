package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

import io.github.gracefulupgrade.handover.UpgradeSocketException;
import io.github.gracefulupgrade.handover.UpgradeSocketException.Problem;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/**
 * The path of the upgrade socket: what stands there, and whether it and its folder can be
 * used. Changes nothing.
 */
final class UpgradePath {

	/**
	 * {@code sun_path} has 108 bytes, the last of which is zero.
	 */
	static final int MAX_ADDRESS = 107;

	private static final int ROOT = 0;

	private final Path path;

	UpgradePath(Path path) {
		this.path = path.toAbsolutePath().normalize();
	}

	Path path() {
		return this.path;
	}

	/**
	 * The folder that the socket stands in.
	 */
	Path folder() {
		Path folder = this.path.getParent();
		if (folder == null) {
			throw unusable("is the root folder", "Set pingora.upgrade-sock to the path of a file.", null);
		}
		return folder;
	}

	/**
	 * A new path for the folder in which a socket is bound before it is put in place. It
	 * is short, since the socket's address has to fit as well.
	 */
	Path temporaryFolder() {
		StringBuilder name = new StringBuilder(".");
		ThreadLocalRandom.current()
			.ints(6, 0, Character.MAX_RADIX)
			.forEach((digit) -> name.append(Character.forDigit(digit, Character.MAX_RADIX)));
		return folder().resolve(name.toString());
	}

	static Path temporarySocket(Path temporaryFolder) {
		return temporaryFolder.resolve("s");
	}

	static AFUNIXSocketAddress address(Path path) throws IOException {
		return AFUNIXSocketAddress.of(bytes(path));
	}

	/**
	 * The bytes that the kernel knows a path by. Not those in the default charset, which
	 * is another one since Java 18.
	 */
	private static byte[] bytes(Path path) {
		return path.toString().getBytes(Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8")));
	}

	void check(long ownUid) {
		checkLength();
		checkFolder(ownUid);
		checkFile(ownUid);
	}

	private void checkLength() {
		int own = bytes(this.path).length;
		int temporary = bytes(temporarySocket(temporaryFolder())).length;
		if (own > MAX_ADDRESS || temporary > MAX_ADDRESS) {
			throw unusable(
					"is too long: it has %d bytes, and a temporary socket beside it %d, of %d that the platform allows"
						.formatted(own, temporary, MAX_ADDRESS),
					"Set pingora.upgrade-sock to a shorter path.", null);
		}
	}

	private void checkFolder(long ownUid) {
		Path folder = folder();
		if (!Files.exists(folder)) {
			throw unusable("is in a folder that does not exist", "Create the folder " + folder + ".", null);
		}
		if (!Files.isDirectory(folder)) {
			throw unusable("is in something that is no folder", "Set pingora.upgrade-sock to a path in a folder.",
					null);
		}
		if (!Files.isWritable(folder) || !Files.isExecutable(folder)) {
			throw unusable("is in a folder that this process may not write to",
					"Let the user of this process write to " + folder + ", or choose another folder.", null);
		}
		FileStatus status = status(folder);
		String advice = "Use a folder that only the user of this process can write to, as systemd's RuntimeDirectory= makes it.";
		if (status.uid() != ownUid && status.uid() != ROOT) {
			throw unusable("is in a folder that belongs to another user (uid %d), who could replace the socket"
				.formatted(status.uid()), advice, null);
		}
		if (status.writableByOthers() && !status.sticky()) {
			throw unusable("is in a folder that others can write to (mode %s), who could replace the socket"
				.formatted(status.permissions()), advice, null);
		}
	}

	/**
	 * Whether others, too, can create files in the folder.
	 */
	boolean sharedFolder() {
		return status(folder()).writableByOthers();
	}

	private FileStatus status(Path folder) {
		try {
			return FileStatus.of(folder);
		}
		catch (IOException ex) {
			throw unreadable(ex);
		}
	}

	private void checkFile(long ownUid) {
		FileStatus standing = standing();
		if (standing != null && standing.uid() != ownUid) {
			throw foreign(standing.uid());
		}
	}

	/**
	 * The socket that stands at the path. A symbolic link is not followed, and is no
	 * socket.
	 * @return the socket, or {@code null} if nothing stands there
	 * @throws UpgradeSocketException if something else stands there
	 */
	@Nullable FileStatus standing() {
		FileStatus status;
		try {
			status = FileStatus.of(this.path, LinkOption.NOFOLLOW_LINKS);
		}
		catch (NoSuchFileException ex) {
			return null;
		}
		catch (IOException ex) {
			throw unreadable(ex);
		}
		if (!status.isSocket()) {
			throw unusable("is no socket, and is left alone",
					"Remove what stands there if it is not needed, or set pingora.upgrade-sock to another path.", null);
		}
		return status;
	}

	private UpgradeSocketException unreadable(IOException ex) {
		return unusable("cannot be looked at: " + ex, "See to it that this process can read its folder.", ex);
	}

	UpgradeSocketException unusable(String what, String action, @Nullable Throwable cause) {
		return exception(Problem.UNUSABLE, what, action, cause);
	}

	UpgradeSocketException foreign(long uid) {
		return exception(Problem.FOREIGN, "belongs to another user (uid %d)".formatted(uid),
				"Start both instances as the same user. If the other one is gone for good, remove the file.", null);
	}

	UpgradeSocketException nobody(String what, @Nullable Throwable cause) {
		return exception(Problem.NOBODY, what, "Check that the running instance has the same pingora.upgrade-sock,"
				+ " or start without --upgrade if there is none.", cause);
	}

	private UpgradeSocketException exception(Problem problem, String what, String action, @Nullable Throwable cause) {
		return new UpgradeSocketException(problem, "The upgrade socket '" + this.path + "' " + what, action, cause);
	}

}
