package io.github.gracefulupgrade.signal;

import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Runs an action whenever this process gets a SIGQUIT ({@code kill -QUIT <pid>}). The JVM
 * goes on doing what it always does with that signal: it prints a thread dump, and
 * {@code jcmd} and {@code jstack}, which attach by means of the same signal, work and run
 * no action, but for {@code jcmd <pid> JVMTI.data_dump}, which asks for just this.
 * <p>
 * The action runs on a daemon thread of this object's own, after the thread dump, never
 * twice at a time. Signals that come before the action could begin are answered by one
 * run; a signal that comes while the action runs is answered by another run afterwards.
 * So after every signal the action runs, though not once for each in a burst. An action
 * that throws ends that run only; what it threw goes to the thread's uncaught exception
 * handler. An action that blocks holds up neither thread dumps nor other instances.
 * <p>
 * Any number of instances can listen in one JVM, each on its own. While at least one
 * does, the JVM keeps a tool interface environment for them, which makes switching
 * virtual threads slower by less than a tenth of a microsecond.
 * <p>
 * Thread-safe. The first use in a JVM loads JNA and its native library, which takes 70 to
 * 150 ms: a start-up that is in a hurry calls {@link #listen} or {@link #unsupported} on
 * another thread. From JDK 24 on, the JVM prints a warning about it unless it runs with
 * {@code --enable-native-access=ALL-UNNAMED} or an executable jar says
 * {@code Enable-Native-Access: ALL-UNNAMED} in its manifest.
 */
public final class QuitSignal implements AutoCloseable {

	private final Runnable action;

	private final Thread thread;

	private final Semaphore signals = new Semaphore(0);

	private volatile boolean closed;

	private QuitSignal(Runnable action) {
		this.action = action;
		this.thread = new Thread(this::runActions, "graceful-upgrade-signal");
		this.thread.setDaemon(true);
	}

	/**
	 * Begin to listen. Signals that came before are not answered. May be called on any
	 * thread.
	 * @param action what to do upon a signal
	 * @return what listens, to be closed when no longer needed
	 * @throws UnsupportedOperationException if this process cannot listen to SIGQUIT; its
	 * message is what {@link #unsupported()} tells
	 */
	public static QuitSignal listen(Runnable action) {
		String obstacle = Obstacles.apparent();
		if (obstacle != null) {
			throw new UnsupportedOperationException(obstacle);
		}
		QuitSignal signal = new QuitSignal(action);
		// The thread comes first. As long as it lives, it keeps this class, and with it
		// the native callback, from being unloaded.
		signal.thread.start();
		try {
			DataDumpRequests.add(signal);
		}
		catch (RuntimeException | Error ex) {
			signal.stop();
			throw Obstacles.explained(ex);
		}
		return signal;
	}

	/**
	 * Why this process cannot listen to SIGQUIT, if so. Tries everything that
	 * {@link #listen} needs, and leaves nothing behind. May be called on any thread.
	 * @return a sentence that says why, and one that says what to do, or empty if it can
	 */
	public static Optional<String> unsupported() {
		String obstacle = Obstacles.apparent();
		if (obstacle != null) {
			return Optional.of(obstacle);
		}
		try {
			DataDumpRequests.probe();
			return Optional.empty();
		}
		catch (RuntimeException | Error ex) {
			return Optional.ofNullable(Obstacles.explained(ex).getMessage());
		}
	}

	/**
	 * Why this process cannot listen to SIGQUIT, as far as it can be told without loading
	 * JNA: costs nothing, and finds {@code -Xrs}. May be called on any thread.
	 * @return a sentence that says why, and one that says what to do, or empty if nothing
	 * is apparent
	 */
	public static Optional<String> obstacle() {
		return Optional.ofNullable(Obstacles.apparent());
	}

	/**
	 * Stop listening. An action that runs is not interrupted nor waited for, and one that
	 * is about to run may still do so. Does nothing the second time.
	 */
	@Override
	public void close() {
		DataDumpRequests.remove(this);
		stop();
	}

	private void stop() {
		this.closed = true;
		this.signals.release();
	}

	/**
	 * A signal came. Called on the thread with which the JVM handles all signals: returns
	 * at once.
	 */
	void signalled() {
		this.signals.release();
	}

	private void runActions() {
		while (true) {
			this.signals.acquireUninterruptibly();
			this.signals.drainPermits();
			if (this.closed) {
				return;
			}
			try {
				this.action.run();
			}
			catch (Throwable ex) {
				this.thread.getUncaughtExceptionHandler().uncaughtException(this.thread, ex);
			}
		}
	}

}
