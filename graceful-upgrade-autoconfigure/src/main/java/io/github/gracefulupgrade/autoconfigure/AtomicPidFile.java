package io.github.gracefulupgrade.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

import io.github.gracefulupgrade.handover.Journal;
import io.github.gracefulupgrade.handover.PidFile;
import org.jspecify.annotations.Nullable;

/**
 * The pid file. Whoever reads it sees the old content or the new, never half of one: it
 * is written beside its place and moved there.
 */
final class AtomicPidFile implements PidFile {

	private final @Nullable Path path;

	private final long pid;

	private final Journal journal;

	AtomicPidFile(@Nullable Path path, long pid, Journal journal) {
		this.path = path;
		this.pid = pid;
		this.journal = journal;
	}

	@Override
	public void write() {
		Path path = this.path;
		if (path == null) {
			return;
		}
		Path beside = path.resolveSibling(path.getFileName() + "." + this.pid);
		try {
			try {
				// Its name can be guessed: what somebody put there is not written
				// through.
				Files.deleteIfExists(beside);
				Files.writeString(beside, this.pid + "\n", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
				Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
			}
			finally {
				Files.deleteIfExists(beside);
			}
		}
		catch (IOException ex) {
			this.journal.warn("pid=%d cannot write its pid file %s: %s".formatted(this.pid, path, ex));
		}
	}

	@Override
	public void remove() {
		Path path = this.path;
		if (path == null) {
			return;
		}
		try {
			if (Files.readString(path).strip().equals(Long.toString(this.pid))) {
				Files.delete(path);
			}
		}
		catch (NoSuchFileException ex) {
			// somebody else removed it
		}
		catch (IOException ex) {
			this.journal.warn("pid=%d cannot remove its pid file %s: %s".formatted(this.pid, path, ex));
		}
	}

}
