package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A process of an {@link Application}. Closing it ends it, and no instance outlives the
 * JVM that started it.
 */
public final class Instance implements AutoCloseable {

	/**
	 * How long to wait for what is not given a time of its own.
	 */
	public static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final Pattern STARTED = Pattern.compile("Started .+ in [0-9.]+ seconds");

	private static final int TAIL = 40;

	private final Process process;

	private final Output output;

	private final int port;

	private final boolean successor;

	/**
	 * The time of the exit, {@link System#nanoTime()}, noted by another thread.
	 */
	private final CompletableFuture<Long> exitedAt;

	Instance(ProcessBuilder command, int port, boolean successor) {
		this.port = port;
		this.successor = successor;
		try {
			this.process = LiveProcesses.start(command);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.exitedAt = this.process.onExit().thenApply((process) -> System.nanoTime());
		this.output = new Output(this.process.getInputStream(), pid());
	}

	/**
	 * Find a port of the loopback interface that nobody listens on, and that the kernel
	 * does not give to a connection before somebody does: one below those that
	 * {@code net.ipv4.ip_local_port_range} usually holds.
	 * @return the port
	 */
	public static int freePort() {
		return FreePort.find();
	}

	/**
	 * Return the id of the process.
	 * @return the pid
	 */
	public long pid() {
		return this.process.pid();
	}

	/**
	 * Return the port that the application was told to serve on.
	 * @return the port
	 */
	public int port() {
		if (this.port == 0) {
			throw new IllegalStateException("The application has no port: see Application.onFreePort()");
		}
		return this.port;
	}

	/**
	 * Return whether the process runs.
	 * @return false once it has exited
	 */
	public boolean isAlive() {
		return this.process.isAlive();
	}

	/**
	 * Return what the process has printed so far, errors included.
	 * @return the lines
	 */
	public List<String> output() {
		return this.output.lines();
	}

	/**
	 * Return what the process has printed so far, but for the thread dumps that SIGQUIT
	 * makes a JVM print.
	 * @return the lines
	 */
	public List<String> log() {
		return this.output.log();
	}

	/**
	 * Wait until this instance serves: until its port is answered by it, or until Spring
	 * Boot says that the application has started.
	 * @return this instance
	 */
	public Instance awaitServing() {
		return awaitServing(PATIENCE);
	}

	/**
	 * Wait until this instance serves.
	 * @param timeout how long at most
	 * @return this instance
	 */
	public Instance awaitServing(Duration timeout) {
		long deadline = System.nanoTime() + timeout.toNanos();
		while (!this.output.contains(STARTED) && !answers()) {
			if (!isAlive() || System.nanoTime() - deadline > 0) {
				throw failure("does not serve", timeout);
			}
			pause();
		}
		return this;
	}

	private boolean answers() {
		// An answer without a name could be the incumbent's while there is one.
		return this.port != 0
				&& Probe.answer(this.port).filter((pid) -> pid == pid() || (pid == 0 && !this.successor)).isPresent();
	}

	/**
	 * Wait until the process prints a line in which a pattern is found, or has printed
	 * one.
	 * @param pattern a regular expression
	 * @return the first match
	 */
	public MatchResult awaitLog(String pattern) {
		return awaitLog(Pattern.compile(pattern), PATIENCE);
	}

	/**
	 * Wait until the process prints a line in which a pattern is found, or has printed
	 * one.
	 * @param pattern the pattern
	 * @param timeout how long at most
	 * @return the first match
	 */
	public MatchResult awaitLog(Pattern pattern, Duration timeout) {
		try {
			return this.output.await(pattern, System.nanoTime() + timeout.toNanos())
				.orElseThrow(() -> failure("does not print \"" + pattern + "\"", timeout))
				.toMatchResult();
		}
		catch (InterruptedException ex) {
			throw Interrupted.during("the wait for \"" + pattern + "\"");
		}
	}

	/**
	 * Wait until the process has exited.
	 * @return its exit code; 128 and the number of the signal if one killed it
	 */
	public int awaitExit() {
		return awaitExit(PATIENCE);
	}

	/**
	 * Wait until the process has exited.
	 * @param timeout how long at most
	 * @return its exit code; 128 and the number of the signal if one killed it
	 */
	public int awaitExit(Duration timeout) {
		try {
			if (!this.process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
				throw failure("does not exit", timeout);
			}
			return this.process.exitValue();
		}
		catch (InterruptedException ex) {
			throw Interrupted.during("the wait for an exit");
		}
	}

	/**
	 * Send SIGQUIT: the incumbent of an upgrade hands over.
	 */
	public void quit() {
		signal("QUIT");
	}

	/**
	 * Send SIGTERM: the application shuts down.
	 */
	public void terminate() {
		signal("TERM");
	}

	/**
	 * Send SIGKILL: the process is gone.
	 */
	public void kill() {
		signal("KILL");
	}

	/**
	 * Send SIGSTOP: the process stands still until {@link #resume()}.
	 */
	public void suspend() {
		signal("STOP");
	}

	/**
	 * Send SIGCONT.
	 */
	public void resume() {
		signal("CONT");
	}

	/**
	 * Send a signal.
	 * @param name the name of the signal, without SIG
	 */
	public void signal(String name) {
		if (!isAlive()) {
			throw failure("is gone: no SIG" + name + " for it", Duration.ZERO);
		}
		Signals.send(name, pid());
	}

	/**
	 * Return what the process has open.
	 * @return the target of each descriptor, such as {@code socket:[4711]} or a path
	 */
	public List<String> openDescriptors() {
		return new ProcessFigures(pid()).openDescriptors();
	}

	/**
	 * Return the number of threads, those of the JVM included.
	 * @return the number of threads
	 */
	public int threads() {
		return new ProcessFigures(pid()).threads();
	}

	/**
	 * Return the resident memory.
	 * @return the memory in bytes
	 */
	public long residentMemory() {
		return new ProcessFigures(pid()).residentMemory();
	}

	/**
	 * When the process exited, which it has.
	 */
	long exitedAt() {
		try {
			return this.exitedAt.get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException | ExecutionException ex) {
			throw failure("does not exit", PATIENCE);
		}
		catch (InterruptedException ex) {
			throw Interrupted.during("the wait for an exit");
		}
	}

	AssertionError failure(String what, Duration timeout) {
		if (!isAlive() || this.output.hasEnded()) {
			awaitEnd();
		}
		String state = isAlive() ? "after " + timeout.toSeconds() + " s"
				: "and has exited with " + this.process.exitValue();
		return new AssertionError(
				"pid %d %s, %s. Its last words:%n%s".formatted(pid(), what, state, this.output.tail(TAIL)));
	}

	/** The exit and the last words are seen by different threads: let both arrive. */
	private void awaitEnd() {
		try {
			this.process.waitFor(1, TimeUnit.SECONDS);
			this.output.awaitEnd(System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void pause() {
		try {
			Thread.sleep(20);
		}
		catch (InterruptedException ex) {
			throw Interrupted.during("a wait for an instance");
		}
	}

	/**
	 * End the process, and all that it has started: by SIGTERM, and by SIGKILL if that
	 * takes more than a moment.
	 */
	@Override
	public void close() {
		LiveProcesses.end(this.process);
	}

	@Override
	public String toString() {
		return "pid " + pid();
	}

}
