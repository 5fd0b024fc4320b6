package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import io.github.gracefulupgrade.benchmark.Contender.Unavailable;

/**
 * Runs programs that are not Java.
 */
final class Commands {

	private static final long PATIENCE = 20_000_000_000L;

	private Commands() {
	}

	/**
	 * Run a command that is over soon.
	 * @return what it printed
	 * @throws Unavailable if it does not exist or fails
	 */
	static String run(Path folder, int seconds, Map<String, String> environment, String... command)
			throws IOException, InterruptedException, Unavailable {
		Path output = Files.createTempFile("benchmark", ".out");
		try {
			ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
				.redirectErrorStream(true)
				.redirectOutput(output.toFile());
			builder.environment().putAll(environment);
			Process process;
			try {
				process = builder.start();
			}
			catch (IOException ex) {
				throw new Unavailable("there is no " + command[0]);
			}
			if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
				process.descendants().forEach(ProcessHandle::destroyForcibly);
				process.destroyForcibly();
				throw new Unavailable("`" + String.join(" ", command) + "` takes longer than " + seconds + " s");
			}
			String text = Files.readString(output).strip();
			if (process.exitValue() != 0) {
				throw new Unavailable("`" + String.join(" ", command) + "` fails: " + lastLine(text));
			}
			return text;
		}
		finally {
			Files.delete(output);
		}
	}

	static String firstLine(String... command) throws IOException, InterruptedException, Unavailable {
		return run(Path.of("."), 10, Map.of(), command).lines().findFirst().orElse("").strip();
	}

	private static String lastLine(String text) {
		return text.lines().reduce("", (first, second) -> second.isBlank() ? first : second.strip());
	}

	/** Start a server, with its output in a file of the folder. */
	static Process start(Path folder, Map<String, String> environment, String... command) throws IOException {
		// A background process may have inherited these as ignored.
		List<String> all = new ArrayList<>(List.of("env", "--default-signal=QUIT,INT"));
		all.addAll(Arrays.asList(command));
		ProcessBuilder builder = new ProcessBuilder(all).directory(folder.toFile())
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("output.log").toFile()));
		builder.environment().putAll(environment);
		return builder.start();
	}

	static void signal(String name, long pid) throws IOException, InterruptedException {
		if (new ProcessBuilder("/bin/kill", "-s", name, Long.toString(pid)).start().waitFor() != 0) {
			throw new IOException("Cannot send SIG" + name + " to pid " + pid);
		}
	}

	static void await(String what, BooleanSupplier condition) throws IOException, InterruptedException {
		long deadline = System.nanoTime() + PATIENCE;
		while (!condition.getAsBoolean()) {
			if (System.nanoTime() > deadline) {
				throw new IOException("Waited in vain until " + what);
			}
			Thread.sleep(2);
		}
	}

	/** Read a file that holds a pid; 0 if there is none yet. */
	static long pidIn(Path file) {
		try {
			String text = Files.readString(file).strip();
			return text.isEmpty() ? 0 : Long.parseLong(text);
		}
		catch (IOException ex) {
			return 0;
		}
	}

	/**
	 * End every process that names a folder in its command line: by SIGTERM, and by
	 * SIGKILL if that takes more than a moment.
	 */
	static void endAllNaming(Path folder) {
		List<ProcessHandle> family = ProcessHandle.allProcesses()
			.filter((process) -> commandLine(process.pid()).contains(folder.toString()))
			.toList();
		family.forEach(ProcessHandle::destroy);
		try {
			await("they end", () -> family.stream().noneMatch(ProcessHandle::isAlive));
		}
		catch (IOException ex) {
			family.forEach(ProcessHandle::destroyForcibly);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			family.forEach(ProcessHandle::destroyForcibly);
		}
	}

	private static String commandLine(long pid) {
		try {
			return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
		}
		catch (IOException | UncheckedIOException ex) {
			return "";
		}
	}

}
