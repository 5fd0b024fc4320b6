package io.github.gracefulupgrade.signal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Tells everyone who listens when the JVM was asked for a dump of its data. There is one
 * tool interface environment for all of them: made for the first, disposed of with the
 * last.
 */
final class DataDumpRequests {

	private static final List<QuitSignal> listeners = new CopyOnWriteArrayList<>();

	/**
	 * Never released, although the environment is: the JVM may have been about to call it
	 * when the environment was disposed of.
	 */
	private static final JvmtiEnvironment.DataDumpRequest callback = new JvmtiEnvironment.DataDumpRequest() {

		// Not a lambda, and no streams: nothing that still has to be linked when the
		// first signal comes, on a thread that is not ours.
		@Override
		public void invoke(Pointer environment) {
			for (QuitSignal listener : listeners) {
				listener.signalled();
			}
		}

	};

	private static @Nullable JvmtiEnvironment environment;

	private DataDumpRequests() {
	}

	static synchronized void add(QuitSignal listener) {
		if (environment == null) {
			environment = JvmtiEnvironment.listening(callback);
		}
		listeners.add(listener);
	}

	static synchronized void remove(QuitSignal listener) {
		if (listeners.remove(listener) && listeners.isEmpty() && environment != null) {
			environment.close();
			environment = null;
		}
	}

	/**
	 * Try whether {@link #add} would work.
	 */
	static synchronized void probe() {
		if (environment == null) {
			JvmtiEnvironment.listening(callback).close();
		}
	}

}
