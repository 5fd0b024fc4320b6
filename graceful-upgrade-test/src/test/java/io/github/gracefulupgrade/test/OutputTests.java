package io.github.gracefulupgrade.test;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class OutputTests {

	@Test
	void aLineIsOneWhenItIsComplete() throws Exception {
		try (PipedOutputStream process = new PipedOutputStream()) {
			Output output = new Output(new PipedInputStream(process), 1);
			print(process, "one\nnext is tw");
			assertThat(output.await(Pattern.compile("o(n)e"), soon()))
				.hasValueSatisfying((match) -> assertThat(match.group(1)).isEqualTo("n"));
			assertThat(output.lines()).containsExactly("one");
			print(process, "o\r\nthree");
			assertThat(output.await(Pattern.compile("two$"), soon())).isPresent();
			assertThat(output.lines()).containsExactly("one", "next is two");
			process.close();
			output.awaitEnd(soon());
			assertThat(output.lines()).containsExactly("one", "next is two", "three");
			assertThat(output.await(Pattern.compile("four"), soon())).isEmpty();
		}
	}

	@Test
	void linesAndCharactersMayComeInParts() throws Exception {
		Output output = new Output(byteByByte("grün\r\n\nweiß\nrot"), 1);
		while (!output.hasEnded()) {
			output.lines();
		}
		assertThat(output.lines()).containsExactly("grün", "", "weiß", "rot");
	}

	private static void print(PipedOutputStream process, String text) throws Exception {
		process.write(text.getBytes(StandardCharsets.UTF_8));
		process.flush();
	}

	private static InputStream byteByByte(String text) {
		return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {

			@Override
			public synchronized int read(byte[] bytes, int offset, int length) {
				return super.read(bytes, offset, Math.min(1, length));
			}

		};
	}

	private static long soon() {
		return System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
	}

}
