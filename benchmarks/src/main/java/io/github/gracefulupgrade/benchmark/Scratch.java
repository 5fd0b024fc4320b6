package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Folders that end with this process, and with them whatever names them in its command
 * line.
 */
final class Scratch {

	private Scratch() {
	}

	static Path newFolder() throws IOException {
		Path folder = Files.createTempDirectory("benchmark-");
		Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
		return folder;
	}

	private static void delete(Path folder) {
		Commands.endAllNaming(folder);
		try (Stream<Path> files = Files.walk(folder)) {
			for (Path file : files.sorted((first, second) -> second.compareTo(first)).toList()) {
				Files.deleteIfExists(file);
			}
		}
		catch (IOException ex) {
			// It is in the folder for temporary files.
		}
	}

}
