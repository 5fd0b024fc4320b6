package io.github.gracefulupgrade.signal;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import com.sun.jna.Native;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A {@link Listener} in a JVM of its own. Killed when closed.
 */
final class ListenerProcess implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final Process process;

	private final Writer commands;

	private final List<String> output = new CopyOnWriteArrayList<>();

	private final List<String> reports = new CopyOnWriteArrayList<>();

	private ListenerProcess(List<String> command) throws IOException {
		this.process = new ProcessBuilder(command).start();
		this.commands = this.process.outputWriter();
		collect(this.process.getInputStream(), this.output);
		collect(this.process.getErrorStream(), this.reports);
	}

	/**
	 * Start a JVM in which SIGQUIT is at first what it is for a foreground process.
	 */
	static ListenerProcess start(Path javaHome, String... options) throws IOException {
		return startWith("--default-signal=QUIT", javaHome, options);
	}

	/**
	 * Start a JVM with an option of {@code env(1)} that says what SIGQUIT is at first.
	 */
	static ListenerProcess startWith(String disposition, Path javaHome, String... options) throws IOException {
		return start(disposition, javaHome, classPath(QuitSignal.class, Listener.class, Native.class), options);
	}

	static ListenerProcess startWithoutJna(Path javaHome) throws IOException {
		return start("--default-signal=QUIT", javaHome, classPath(QuitSignal.class, Listener.class));
	}

	private static ListenerProcess start(String disposition, Path javaHome, String classPath, String... options)
			throws IOException {
		List<String> command = new ArrayList<>();
		command.addAll(List.of("env", disposition, javaHome.resolve("bin/java").toString()));
		command.addAll(List.of(options));
		command.addAll(List.of("-cp", classPath, Listener.class.getName()));
		ListenerProcess process = new ListenerProcess(command);
		process.awaitReport("started");
		return process;
	}

	private static String classPath(Class<?>... classes) {
		List<String> locations = new ArrayList<>();
		for (Class<?> type : classes) {
			try {
				locations.add(Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
			}
			catch (URISyntaxException ex) {
				throw new IllegalStateException(ex);
			}
		}
		return String.join(File.pathSeparator, locations);
	}

	private static void collect(InputStream stream, List<String> lines) {
		Thread thread = new Thread(() -> {
			try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
				reader.lines().forEach(lines::add);
			}
			catch (IOException | UncheckedIOException ex) {
				lines.add(ex.toString());
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	/**
	 * Give a command and wait until it is carried out.
	 * @return what was reported since, without the last line
	 */
	List<String> say(String command) throws IOException {
		int from = this.reports.size();
		begin(command);
		String end = "done: " + command;
		until("\"" + command + "\" to be done", () -> since(from).contains(end));
		List<String> answer = since(from);
		return answer.subList(0, answer.indexOf(end));
	}

	private List<String> since(int from) {
		List<String> all = List.copyOf(this.reports);
		return all.subList(from, all.size());
	}

	/**
	 * Give a command and do not wait.
	 */
	void begin(String command) throws IOException {
		this.commands.write(command + "\n");
		this.commands.flush();
	}

	/**
	 * Send a SIGQUIT and wait for the thread dump.
	 */
	void quitAndAwaitThreadDump() throws Exception {
		long dumps = threadDumps();
		quit();
		awaitThreadDumps(dumps + 1);
	}

	void quit() throws Exception {
		assertThat(run("kill", "-QUIT", Long.toString(this.process.pid())).exit()).isZero();
	}

	/**
	 * Run a tool of this JVM's JDK with its process id as first argument.
	 */
	Outcome attach(Path tool, String... arguments) throws Exception {
		List<String> command = new ArrayList<>(List.of(tool.toString(), Long.toString(this.process.pid())));
		command.addAll(List.of(arguments));
		return run(command.toArray(String[]::new));
	}

	private static Outcome run(String... command) throws Exception {
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		try {
			List<String> lines = new CopyOnWriteArrayList<>();
			collect(process.getInputStream(), lines);
			assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("end of %s", List.of(command))
				.isTrue();
			return new Outcome(process.exitValue(), lines);
		}
		finally {
			process.destroyForcibly();
		}
	}

	long threadDumps() {
		return this.output.stream().filter((line) -> line.startsWith("Full thread dump")).count();
	}

	/**
	 * A thread dump ends with the list of references that JNI holds.
	 */
	void awaitThreadDumps(long count) {
		until(count + " thread dumps",
				() -> this.output.stream().filter((line) -> line.startsWith("JNI global refs")).count() >= count);
	}

	long signals() {
		return this.reports.stream().filter((line) -> line.startsWith("signal")).count();
	}

	void awaitSignals(long count) {
		until(count + " signals", () -> signals() >= count);
	}

	/**
	 * Wait until so many threads run actions.
	 */
	void awaitThreads(int count) {
		until(count + " threads", () -> say("threads").contains(count + " threads"));
	}

	List<String> reports() {
		return List.copyOf(this.reports);
	}

	void awaitReport(String start) {
		until("\"" + start + "\"", () -> this.reports.stream().anyMatch((line) -> line.startsWith(start)));
	}

	private void until(String what, Callable<Boolean> condition) {
		await(what).atMost(PATIENCE)
			.pollInterval(Duration.ofMillis(5))
			.failFast(() -> assertThat(this.process.isAlive()).as("alive after %s %s", this.reports, this.output)
				.isTrue())
			.until(condition);
	}

	/**
	 * Wait until the process ends by itself.
	 * @return how it ended
	 */
	int awaitExit() throws InterruptedException {
		assertThat(this.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("end of the process").isTrue();
		return this.process.exitValue();
	}

	/**
	 * End the input, which ends the program.
	 */
	int end() throws Exception {
		this.commands.close();
		return awaitExit();
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
		this.process.onExit().join();
	}

	/**
	 * How a tool ended.
	 *
	 * @param exit its exit code
	 * @param output what it printed
	 */
	record Outcome(int exit, List<String> output) {
	}

}
