package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The descriptors that this process has open, of the kinds that the wire works with:
 * sockets and pipes, locks and passengers. Other files and the like come and go with
 * class loading.
 */
final class OpenDescriptors {

	private final Map<String, String> before = list();

	void assertNoneLeft() throws Exception {
		Await.until(() -> {
			Map<String, String> added = list();
			added.values().removeAll(this.before.values());
			// What was open before may close late: it is an earlier test's.
			assertThat(added).as("opened and not closed").isEmpty();
		});
	}

	static Map<String, String> list() {
		Map<String, String> open = new TreeMap<>();
		try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
			for (Path entry : entries.toList()) {
				try {
					String target = Files.readSymbolicLink(entry).toString();
					if (target.startsWith("socket:") || target.startsWith("pipe:") || target.contains(".lock")
							|| target.contains("passenger")) {
						open.put(entry.getFileName().toString(), target);
					}
				}
				catch (IOException ex) {
					// Closed meanwhile.
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return open;
	}

}
