package io.github.gracefulupgrade.spawn;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Tail}.
 */
class TailTests {

	private final Tail tail = new Tail();

	private void add(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		this.tail.add(bytes, bytes.length);
	}

	@Test
	void nothingWasPrinted() {
		assertThat(this.tail.lines()).isEmpty();
	}

	@Test
	void linesComeInPieces() {
		add("one\ntw");
		add("o\nthree");
		assertThat(this.tail.lines()).containsExactly("one", "two", "three");
	}

	@Test
	void theLastLinesAreKept() {
		String all = IntStream.range(0, 100_000).mapToObj(Integer::toString).collect(Collectors.joining("\n"));
		for (int i = 0; i < all.length(); i += 1000) {
			add(all.substring(i, Math.min(all.length(), i + 1000)));
		}
		assertThat(this.tail.lines()).hasSize(Tail.MAX_LINES).endsWith("99998", "99999");
	}

	@Test
	void aLineThatNeverEndsIsCut() {
		for (int i = 0; i < 10; i++) {
			add("x".repeat(Tail.MAX_BYTES - 1));
		}
		assertThat(this.tail.lines()).singleElement().asString().hasSize(Tail.MAX_BYTES);
	}

	@Test
	void aFileIsReadFromWhereTheProcessBegan(@TempDir Path folder) throws IOException {
		Path file = Files.writeString(folder.resolve("log"), "before\nafter\nend\n");
		assertThat(Tail.of(file, "before\n".length())).containsExactly("after", "end");
		assertThat(Tail.of(file, 1_000_000)).isEmpty();
		Files.writeString(file, "line\n".repeat(10_000));
		assertThat(Tail.of(file, 3)).hasSize(Tail.MAX_LINES).containsOnly("line");
	}

}
