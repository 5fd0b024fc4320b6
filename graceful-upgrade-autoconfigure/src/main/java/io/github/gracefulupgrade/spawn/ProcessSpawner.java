package io.github.gracefulupgrade.spawn;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.gracefulupgrade.handover.Spawner;
import org.jspecify.annotations.Nullable;

/**
 * Starts successors as child processes: by the command that it was made with, or else by
 * this process's own command line with {@code --upgrade}; in this process's working
 * directory and environment, without a shell, and without any descriptor of this process.
 * <p>
 * Thread-safe. A process that was started and not let go ends with this object.
 */
public final class ProcessSpawner implements Spawner, AutoCloseable {

	/**
	 * How long processes that were asked to end hold up the end of this one.
	 */
	private static final Duration MOMENT = Duration.ofSeconds(1);

	private final boolean enabled;

	private final List<String> command;

	private final @Nullable Path log;

	private final Duration timeout;

	private final Set<SpawnedProcess> children = ConcurrentHashMap.newKeySet();

	/**
	 * Create a spawner.
	 * @param enabled whether it may start anything
	 * @param command the program and its arguments; empty for this process's own
	 * @param log the file that the output is appended to, or {@code null} if it goes
	 * where this process's does
	 * @param timeout how long a successor may take until it waits to be handed over to
	 */
	public ProcessSpawner(boolean enabled, List<String> command, @Nullable Path log, Duration timeout) {
		this.enabled = enabled;
		this.command = List.copyOf(command);
		this.log = log;
		this.timeout = timeout;
	}

	@Override
	public boolean isEnabled() {
		return this.enabled;
	}

	@Override
	public Duration timeout() {
		return this.timeout;
	}

	@Override
	public Child start(Watcher watcher) {
		SpawnedProcess child = new SpawnedProcess(this::builder, new Output(this.log), watcher, this.children::remove);
		this.children.add(child);
		child.start();
		return child;
	}

	private ProcessBuilder builder() throws IOException {
		ProcessBuilder builder = new ProcessBuilder(this.command.isEmpty() ? OwnCommand.withUpgrade() : this.command);
		OwnCommand.strip(builder.environment());
		return builder;
	}

	/**
	 * End what was started and not let go. Waits for that a moment at most.
	 */
	@Override
	public void close() {
		List<SpawnedProcess> left = List.copyOf(this.children);
		left.forEach(SpawnedProcess::terminate);
		long deadline = System.nanoTime() + MOMENT.toNanos();
		left.forEach((child) -> child.awaitEnd(deadline));
		left.forEach(SpawnedProcess::kill);
	}

}
