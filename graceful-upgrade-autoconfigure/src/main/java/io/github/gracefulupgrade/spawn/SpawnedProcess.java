package io.github.gracefulupgrade.spawn;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.Belongings;
import io.github.gracefulupgrade.handover.Spawner;
import org.jspecify.annotations.Nullable;

/**
 * A process that was started as the successor, and a thread that starts it and waits for
 * its end.
 * <p>
 * Thread-safe: what may change is guarded by the monitor of this object, which is not
 * held while anything is waited for.
 */
final class SpawnedProcess implements Spawner.Child {

	/**
	 * How far up a process is asked for its parent.
	 */
	private static final int MAX_ANCESTORS = 32;

	private final Builder command;

	private final Output output;

	private final Spawner.Watcher watcher;

	private final Consumer<SpawnedProcess> gone;

	private final CountDownLatch over = new CountDownLatch(1);

	private @Nullable Process process;

	/**
	 * The process and all that it had started when it was asked to end.
	 */
	private final List<ProcessHandle> ending = new ArrayList<>();

	private boolean terminated;

	/**
	 * Create a process that is not started.
	 * @param command makes its command; may throw what it likes
	 * @param output where its output goes
	 * @param watcher told of it
	 * @param gone told when there is nothing more to be ended
	 */
	SpawnedProcess(Builder command, Output output, Spawner.Watcher watcher, Consumer<SpawnedProcess> gone) {
		this.command = command;
		this.output = output;
		this.watcher = watcher;
		this.gone = gone;
	}

	void start() {
		Thread thread = new Thread(this::run, "graceful-upgrade-spawn");
		thread.setDaemon(true);
		thread.start();
	}

	private void run() {
		String how;
		try {
			Process process = launch();
			this.watcher.started(process.pid());
			int code = process.waitFor();
			this.output.ended();
			how = "exited with code " + code;
		}
		catch (InterruptedException ex) {
			how = "is watched no more"; // nobody interrupts this thread
		}
		catch (IOException | RuntimeException | Error ex) {
			how = "could not be started: " + ex.getMessage();
		}
		this.over.countDown();
		if (!hasLeftovers()) {
			this.gone.accept(this);
		}
		this.watcher.over(how);
	}

	private Process launch() throws IOException {
		ProcessBuilder builder = this.command.create();
		this.output.prepare(builder);
		Process process = builder.start();
		boolean end;
		synchronized (this) {
			this.process = process;
			end = this.terminated;
		}
		try {
			this.output.started(process);
		}
		catch (RuntimeException | Error ex) {
			// No thread to read what it prints: it would hang some day.
			kill();
			throw ex;
		}
		if (end) {
			kill();
		}
		return process;
	}

	private synchronized boolean hasLeftovers() {
		return this.ending.stream().anyMatch(ProcessHandle::isAlive);
	}

	@Override
	public synchronized OptionalLong pid() {
		return (this.process != null) ? OptionalLong.of(this.process.pid()) : OptionalLong.empty();
	}

	@Override
	public boolean includes(long pid) {
		OptionalLong own = pid();
		if (own.isPresent() && own.getAsLong() == pid) {
			return true;
		}
		Optional<ProcessHandle> process = ProcessHandle.of(pid);
		for (int i = 0; i < MAX_ANCESTORS && own.isPresent() && process.isPresent(); i++) {
			if (process.get().pid() == own.getAsLong()) {
				return true;
			}
			process = process.get().parent();
		}
		return isEnding(pid);
	}

	/**
	 * Whether a process is one of those that were told to end. What was between it and
	 * the one that was started may be gone by now, and nothing else would tell.
	 */
	private synchronized boolean isEnding(long pid) {
		return this.ending.stream().anyMatch((process) -> process.pid() == pid && process.isAlive());
	}

	@Override
	public List<String> output() {
		return this.output.tail();
	}

	@Override
	public List<Belongings.Item> streams() {
		return this.output.streams();
	}

	@Override
	public synchronized void terminate() {
		this.terminated = true;
		note();
		this.ending.forEach(ProcessHandle::destroy);
	}

	@Override
	public synchronized void kill() {
		this.terminated = true;
		note();
		this.ending.forEach(ProcessHandle::destroyForcibly);
		this.gone.accept(this);
	}

	/**
	 * Note who is to end, the process itself first, so that it does not go on when others
	 * are gone. A process whose parent is gone cannot be found any more.
	 */
	private void note() {
		if (this.process != null) {
			this.ending.add(this.process.toHandle());
			this.process.descendants().forEach(this.ending::add);
		}
	}

	@Override
	public void letGo() {
		this.gone.accept(this);
	}

	/**
	 * Wait for the end of the process.
	 * @param deadline how long, in the time of {@link System#nanoTime()}
	 */
	void awaitEnd(long deadline) {
		try {
			this.over.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Makes a command.
	 */
	@FunctionalInterface
	interface Builder {

		ProcessBuilder create() throws IOException;

	}

}
