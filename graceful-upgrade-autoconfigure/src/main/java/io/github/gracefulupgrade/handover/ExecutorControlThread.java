package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.concurrent.Delayed;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A {@link ControlThread} that is a daemon thread of the JDK's. What keeps the process
 * alive during a drain is the thread that waits for its end, not this one.
 */
public final class ExecutorControlThread implements ControlThread, AutoCloseable {

	private final ScheduledThreadPoolExecutor executor;

	private final Consumer<Throwable> failures;

	/**
	 * Start the thread.
	 * @param failures told of what a task throws; a task that throws ends only itself
	 */
	public ExecutorControlThread(Consumer<Throwable> failures) {
		this.failures = failures;
		this.executor = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "graceful-upgrade");
			thread.setDaemon(true);
			return thread;
		});
		this.executor.setRemoveOnCancelPolicy(true);
		// To this executor, what is to run at once is a delayed task, too.
		this.executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(true);
	}

	@Override
	public boolean execute(Runnable task) {
		try {
			this.executor.execute(() -> run(task));
			return true;
		}
		catch (RejectedExecutionException ex) {
			return false;
		}
	}

	@Override
	public Timer after(Duration delay, Runnable task) {
		AtomicBoolean cancelled = new AtomicBoolean();
		try {
			ScheduledFuture<?> future = this.executor.schedule(() -> {
				if (!cancelled.get()) {
					run(task);
				}
			}, delay.toNanos(), TimeUnit.NANOSECONDS);
			return () -> {
				cancelled.set(true);
				future.cancel(false);
			};
		}
		catch (RejectedExecutionException ex) {
			return () -> {
			};
		}
	}

	@Override
	public Duration now() {
		return Duration.ofNanos(System.nanoTime());
	}

	/**
	 * Let what was given run to its end and start nothing more.
	 */
	@Override
	public void close() {
		this.executor.shutdown();
		this.executor.getQueue()
			.stream()
			.filter((waiting) -> waiting instanceof Delayed delayed && delayed.getDelay(TimeUnit.NANOSECONDS) > 0)
			.toList()
			.forEach((timer) -> ((Future<?>) timer).cancel(false));
	}

	private void run(Runnable task) {
		try {
			task.run();
		}
		catch (Throwable ex) {
			this.failures.accept(ex);
		}
	}

}
