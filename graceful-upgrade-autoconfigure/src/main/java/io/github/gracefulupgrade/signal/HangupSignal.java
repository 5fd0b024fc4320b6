package io.github.gracefulupgrade.signal;

import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Runs an action whenever this process gets a SIGHUP ({@code kill -HUP <pid>}), in place
 * of what a JVM does with it, which is to end. There can be one in a JVM.
 * <p>
 * A signal that was ignored when the JVM was started, as {@code nohup} does, is left
 * ignored: the JVM would not have it otherwise, and whoever did it meant the process not
 * to hear when its terminal is closed.
 */
public final class HangupSignal implements AutoCloseable {

	private static final Signal HUP = new Signal("HUP");

	private final SignalHandler before;

	private HangupSignal(SignalHandler before) {
		this.before = before;
	}

	/**
	 * Begin to listen. May be called on any thread.
	 * @param action what to do upon a signal, on a thread that the JVM makes for it
	 * @return what listens, to be closed when no longer needed
	 * @throws UnsupportedOperationException if this process cannot listen to SIGHUP; its
	 * message says why, and what to do
	 */
	public static HangupSignal listen(Runnable action) {
		SignalHandler before;
		try {
			before = Signal.handle(HUP, (signal) -> action.run());
		}
		catch (IllegalArgumentException ex) {
			throw new UnsupportedOperationException(
					"This JVM does not handle SIGHUP (%s). Start it without -Xrs".formatted(ex.getMessage()), ex);
		}
		if (before.equals(SignalHandler.SIG_IGN)) {
			Signal.handle(HUP, SignalHandler.SIG_IGN);
			throw new UnsupportedOperationException(
					"SIGHUP is ignored, since the process was started so. Start it without nohup");
		}
		return new HangupSignal(before);
	}

	/**
	 * Stop listening: SIGHUP ends the JVM again.
	 */
	@Override
	public void close() {
		Signal.handle(HUP, this.before);
	}

}
