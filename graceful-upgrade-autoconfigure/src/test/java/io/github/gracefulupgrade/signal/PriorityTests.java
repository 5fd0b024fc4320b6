package io.github.gracefulupgrade.signal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class PriorityTests {

	/** In {@code /proc/<pid>/stat}, counted from the state, which is after the name. */
	private static final int NICE = 19 - 3;

	@Test
	void lowersThatOfEachThread() throws Exception {
		Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				System.getProperty("java.class.path"), Child.class.getName())
			.redirectErrorStream(true)
			.start();
		try {
			String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
			assertThat(output.lines().toList()).as(output).hasSizeGreaterThan(5).containsOnly("10");
		}
		finally {
			child.destroyForcibly();
		}
	}

	static final class Child {

		private Child() {
		}

		public static void main(String[] args) throws IOException {
			Priority.lower();
			try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
				for (Path thread : threads.toList()) {
					String stat = Files.readString(thread.resolve("stat"));
					List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
					System.out.println(fields.get(NICE));
				}
			}
		}

	}

}
