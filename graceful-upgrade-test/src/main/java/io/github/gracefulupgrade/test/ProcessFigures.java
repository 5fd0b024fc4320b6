package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the kernel tells of a process that runs, see {@code proc(5)}. A process that has
 * exited has none of it: an {@link UncheckedIOException}.
 */
final class ProcessFigures {

	private final Path folder;

	ProcessFigures(long pid) {
		this.folder = Path.of("/proc/" + pid);
	}

	List<String> openDescriptors() {
		List<String> targets = new ArrayList<>();
		try (Stream<Path> descriptors = Files.list(this.folder.resolve("fd"))) {
			for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
				try {
					targets.add(Files.readSymbolicLink(descriptor).toString());
				}
				catch (IOException ex) {
					// Closed since it was listed.
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return targets;
	}

	int threads() {
		return (int) status("Threads:");
	}

	long residentMemory() {
		return status("VmRSS:") * 1024;
	}

	private long status(String field) {
		try (Stream<String> lines = Files.lines(this.folder.resolve("status"))) {
			String line = lines.filter((candidate) -> candidate.startsWith(field)).findFirst().orElseThrow();
			return Long.parseLong(line.replaceAll("[^0-9]", ""));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
