package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;

import io.github.gracefulupgrade.handover.OwnershipLock;
import io.github.gracefulupgrade.handover.UpgradeSocketException;
import io.github.gracefulupgrade.handover.UpgradeSocketException.Problem;
import org.jspecify.annotations.Nullable;

/**
 * The ownership lock as a POSIX record lock on a file beside the upgrade socket. The file
 * has mode 0600, holds the id of the process that took the lock last, and is never
 * deleted: who locks a file that another one deletes shares nothing with who creates the
 * next.
 * <p>
 * A process loses its POSIX locks on a file as soon as it closes <em>any</em> descriptor
 * of it. So all instances for one file in this process share one descriptor, which is
 * closed when the last of them is; and it is not read or written where an interrupt,
 * which closes it, could cost the lock.
 * <p>
 * Thread-safe.
 */
public final class FileOwnershipLock implements OwnershipLock, AutoCloseable {

	/**
	 * The locks of this process by file. Guards everything that is not final in
	 * {@link Shared}.
	 */
	private static final Map<Path, Shared> FILES = new HashMap<>();

	private final Path file;

	/**
	 * Created with the first use, which fails if the folder is missing. Guarded by
	 * {@link #FILES}.
	 */
	private @Nullable Shared shared;

	/**
	 * Create the lock that belongs to an upgrade socket. The file is created when the
	 * lock is first taken.
	 * @param upgradeSocket the path of the upgrade socket
	 */
	public FileOwnershipLock(Path upgradeSocket) {
		Path socket = upgradeSocket.toAbsolutePath().normalize();
		this.file = socket.resolveSibling(socket.getFileName() + ".lock");
	}

	@Override
	public boolean tryAcquire() {
		synchronized (FILES) {
			return shared().tryAcquire(this);
		}
	}

	@Override
	public void release() {
		synchronized (FILES) {
			if (this.shared != null) {
				this.shared.release(this);
			}
		}
	}

	@Override
	public OptionalLong holder() {
		synchronized (FILES) {
			if (this.shared == null && !Files.exists(this.file, LinkOption.NOFOLLOW_LINKS)) {
				return OptionalLong.empty();
			}
			return shared().holder();
		}
	}

	/**
	 * Give the lock back and close the file.
	 */
	@Override
	public void close() {
		synchronized (FILES) {
			release();
			if (this.shared != null) {
				this.shared.leave();
				this.shared = null;
			}
		}
	}

	private Shared shared() {
		Shared shared = this.shared;
		if (shared == null) {
			try {
				// By its real folder, or else two names for one file were two files here.
				Path real = this.file.resolveSibling(".").toRealPath().resolve(this.file.getFileName());
				shared = FILES.computeIfAbsent(real, Shared::new);
			}
			catch (IOException ex) {
				throw unusable(this.file, ex);
			}
			shared.users++;
			this.shared = shared;
		}
		return shared;
	}

	private static UpgradeSocketException unusable(Path file, IOException ex) {
		return unusable(file, "cannot be used: " + ex,
				"See to it that its folder exists, and that this process can write to both.", ex);
	}

	private static UpgradeSocketException unusable(Path file, String what, String action, @Nullable IOException ex) {
		return new UpgradeSocketException(Problem.UNUSABLE, "The lock file '" + file + "' " + what, action, ex);
	}

	/**
	 * The one descriptor of a lock file in this process, and who holds the lock. Guarded
	 * by {@link #FILES}.
	 */
	private static final class Shared {

		private static final int ATTEMPTS = 3;

		/**
		 * The digits of the longest number there is.
		 */
		private static final int NOTE = 19;

		private final Path file;

		private int users;

		private @Nullable FileChannel channel;

		/**
		 * Device and inode of the open file.
		 */
		private @Nullable Object key;

		private @Nullable FileLock lock;

		private @Nullable FileOwnershipLock holder;

		Shared(Path file) {
			this.file = file;
		}

		boolean tryAcquire(FileOwnershipLock user) {
			if (this.holder != null) {
				return this.holder == user;
			}
			// An interrupt would close the file; it is kept for whoever looks next.
			boolean interrupted = Thread.interrupted();
			try {
				for (int attempt = 1;; attempt++) {
					try {
						this.lock = open().tryLock();
						if (this.lock == null) {
							return false;
						}
						note();
						this.holder = user;
						return true;
					}
					catch (ClosedByInterruptException ex) {
						// It came after all. The lock is gone with the file.
						interrupted |= Thread.interrupted();
						if (attempt == ATTEMPTS) {
							throw ex;
						}
					}
				}
			}
			catch (OverlappingFileLockException ex) {
				// Held in this process, but not through this class, or not through the
				// copy of it that this class loader has.
				return false;
			}
			catch (IOException ex) {
				throw unusable(this.file, ex);
			}
			finally {
				if (interrupted) {
					Thread.currentThread().interrupt();
				}
			}
		}

		/**
		 * Open the file if it is not, or is another one than stands there now, since
		 * somebody removed it.
		 */
		private FileChannel open() throws IOException {
			FileChannel channel = this.channel;
			Object key = key();
			if (channel != null && channel.isOpen() && Objects.equals(this.key, key)) {
				return channel;
			}
			if (channel != null) {
				channel.close();
			}
			channel = FileChannel.open(this.file,
					Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE,
							LinkOption.NOFOLLOW_LINKS),
					PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
			this.channel = channel;
			this.key = key();
			return channel;
		}

		private @Nullable Object key() throws IOException {
			FileStatus status;
			try {
				status = FileStatus.of(this.file, LinkOption.NOFOLLOW_LINKS);
			}
			catch (NoSuchFileException ex) {
				return null;
			}
			if (!status.isRegular()) {
				throw unusable(this.file, "is no regular file", "Remove what stands there.", null);
			}
			if (!Credentials.trusted(status.uid())) {
				throw unusable(this.file, "belongs to another user (uid %d)".formatted(status.uid()),
						"Start all instances as the same user, or remove the file if none runs.", null);
			}
			return status.key();
		}

		private void note() throws IOException {
			FileChannel channel = Objects.requireNonNull(this.channel);
			// All are of one length, so that nothing has to be cut: that takes a disk
			// milliseconds, in the middle of a handover.
			String pid = String.valueOf(ProcessHandle.current().pid());
			ByteBuffer note = StandardCharsets.US_ASCII.encode(pid + " ".repeat(NOTE - pid.length()) + "\n");
			try {
				channel.write(note, 0);
				if (channel.size() > note.limit()) {
					channel.truncate(note.limit()); // somebody else wrote that
				}
			}
			catch (ClosedByInterruptException ex) {
				throw ex;
			}
			catch (IOException ex) {
				// A full disk does not take the lock away. Only messages lack the number.
				forget(channel);
			}
		}

		/**
		 * No number is better than that of another process.
		 */
		private static void forget(FileChannel channel) throws ClosedByInterruptException {
			try {
				channel.truncate(0);
			}
			catch (ClosedByInterruptException ex) {
				throw ex;
			}
			catch (IOException ex) {
				// Messages name the last one that could be written.
			}
		}

		void release(FileOwnershipLock user) {
			if (this.holder != user) {
				return;
			}
			this.holder = null;
			try {
				if (this.lock != null) {
					this.lock.release();
				}
			}
			catch (IOException ex) {
				// The file is closed, and the lock with it.
			}
			this.lock = null;
		}

		OptionalLong holder() {
			if (this.holder != null) {
				return OptionalLong.of(ProcessHandle.current().pid());
			}
			boolean interrupted = Thread.interrupted();
			try {
				ByteBuffer note = ByteBuffer.allocate(24);
				open().read(note, 0);
				String text = StandardCharsets.US_ASCII.decode(note.flip()).toString().trim();
				return OptionalLong.of(Long.parseLong(text));
			}
			catch (NumberFormatException | ClosedByInterruptException ex) {
				return OptionalLong.empty();
			}
			catch (IOException ex) {
				throw unusable(this.file, ex);
			}
			finally {
				if (interrupted) {
					Thread.currentThread().interrupt();
				}
			}
		}

		void leave() {
			if (--this.users > 0) {
				return;
			}
			FILES.remove(this.file);
			try {
				if (this.channel != null) {
					this.channel.close();
				}
			}
			catch (IOException ex) {
				// There is nothing left to be done about it.
			}
		}

	}

}
