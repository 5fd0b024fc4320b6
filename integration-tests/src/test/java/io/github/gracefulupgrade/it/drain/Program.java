package io.github.gracefulupgrade.it.drain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * A program of the machine, run as a process of its own with its output in a file. A test
 * that asks for one that is missing is skipped, and says so.
 */
final class Program implements AutoCloseable {

	private static final List<Path> FOLDERS = Stream.of("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
		.map(Path::of)
		.toList();

	private final Process process;

	private final Path output;

	private Program(Process process, Path output) {
		this.process = process;
		this.output = output;
	}

	/**
	 * Start a program.
	 * @param name its name
	 * @param debianPackage the package of Debian that has it
	 * @param arguments its arguments
	 */
	static Program start(String name, String debianPackage, String... arguments) {
		List<String> command = new ArrayList<>(List.of(findOrSkip(name, debianPackage).toString()));
		command.addAll(List.of(arguments));
		Path output = Sample.newFile(name + ".out");
		try {
			Process process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(output.toFile())
				.start();
			// Also when the JVM of the tests is ended from outside.
			Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
			return new Program(process, output);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static Path findOrSkip(String name, String debianPackage) {
		List<Path> found = FOLDERS.stream().map((folder) -> folder.resolve(name)).filter(Files::isExecutable).toList();
		assumeThat(found).as("SKIPPED: this test needs %s (apt-get install %s)", name, debianPackage).isNotEmpty();
		return found.get(0);
	}

	boolean isAlive() {
		return this.process.isAlive();
	}

	/**
	 * Wait until it has ended by itself, with success.
	 * @return what it printed
	 */
	List<String> awaitSuccess() {
		try {
			assertThat(this.process.waitFor(120, TimeUnit.SECONDS)).as("%s ends", this.process.info()).isTrue();
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
		assertThat(this.process.exitValue()).as("exit code; output: %s", output()).isZero();
		return output();
	}

	List<String> output() {
		try {
			return Files.readAllLines(this.output);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(5, TimeUnit.SECONDS)) {
				this.process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
			}
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			throw new AssertionError(ex);
		}
	}

}
