package io.github.gracefulupgrade.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs a fuzz target for a short time, for every build: with each input of its corpus,
 * and then with what becomes of them when bytes are changed, cut, repeated and mixed. The
 * long run, which is guided by coverage, is Jazzer's ({@code -Pfuzz}).
 */
public final class Fuzzing {

	private static final Path CORPUS = Path.of("src/test/resources/fuzz");

	private static final int MAX_LENGTH = 2048;

	private final Random random;

	private final long seed = System.nanoTime();

	private Fuzzing() {
		this.random = new Random(this.seed);
	}

	/**
	 * Run a target.
	 * @param name the name of its corpus
	 * @param target what to run; throws if it finds something
	 * @param time how long to go on after the corpus
	 */
	public static void run(String name, Target target, Duration time) {
		new Fuzzing().runFor(name, target, time);
	}

	private void runFor(String name, Target target, Duration time) {
		List<byte[]> corpus = corpus(name);
		assertThat(corpus).as("corpus of %s", name).isNotEmpty();
		corpus.forEach((input) -> run(target, input));
		long end = System.nanoTime() + time.toNanos();
		long runs = corpus.size();
		for (; System.nanoTime() < end; runs++) {
			run(target, mutation(corpus));
		}
		System.out.printf("fuzz target %s: %,d inputs, %d of them its corpus%n", name, runs, corpus.size());
		assertThat(runs).as("inputs").isGreaterThan(corpus.size());
	}

	private void run(Target target, byte[] input) {
		try {
			target.run(input);
		}
		catch (Throwable ex) {
			throw new AssertionError(
					"Fails with input %s (seed %d)".formatted(HexFormat.of().formatHex(input), this.seed), ex);
		}
	}

	private static List<byte[]> corpus(String name) {
		List<byte[]> corpus = new ArrayList<>();
		try (Stream<Path> files = Files.list(CORPUS.resolve(name))) {
			for (Path file : (Iterable<Path>) files.sorted()::iterator) {
				corpus.add(Files.readAllBytes(file));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return corpus;
	}

	private byte[] mutation(List<byte[]> corpus) {
		byte[] input = any(corpus).clone();
		for (int i = this.random.nextInt(4); i >= 0; i--) {
			input = mutated(input, corpus);
		}
		return (input.length > MAX_LENGTH) ? Arrays.copyOf(input, MAX_LENGTH) : input;
	}

	private byte[] mutated(byte[] input, List<byte[]> corpus) {
		int at = this.random.nextInt(input.length + 1);
		switch (this.random.nextInt(6)) {
			case 0 -> {
				return Arrays.copyOf(input, at);
			}
			case 1 -> {
				byte[] other = any(corpus);
				return joined(Arrays.copyOf(input, at), other, this.random.nextInt(other.length + 1));
			}
			case 2 -> {
				return joined(Arrays.copyOf(input, at), input, this.random.nextInt(input.length + 1));
			}
			case 3 -> {
				byte[] noise = new byte[this.random.nextInt(16)];
				this.random.nextBytes(noise);
				return joined(joined(Arrays.copyOf(input, at), noise, 0), input, at);
			}
			case 4 -> {
				if (input.length > 0) {
					input[this.random.nextInt(input.length)] ^= (byte) (1 << this.random.nextInt(8));
				}
			}
			default -> {
				if (input.length > 0) {
					input[this.random.nextInt(input.length)] = (byte) this.random.nextInt(256);
				}
			}
		}
		return input;
	}

	private static byte[] joined(byte[] one, byte[] other, int from) {
		byte[] joined = Arrays.copyOf(one, one.length + other.length - from);
		System.arraycopy(other, from, joined, one.length, other.length - from);
		return joined;
	}

	private byte[] any(List<byte[]> corpus) {
		return corpus.get(this.random.nextInt(corpus.size()));
	}

	/**
	 * What is fuzzed.
	 */
	public interface Target {

		/**
		 * Run it with some input.
		 * @param input any bytes
		 * @throws Exception if something is wrong
		 */
		void run(byte[] input) throws Exception;

	}

}
