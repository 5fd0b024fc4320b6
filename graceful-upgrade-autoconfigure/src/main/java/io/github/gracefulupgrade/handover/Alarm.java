package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.ControlThread.Timer;
import org.jspecify.annotations.Nullable;

/**
 * At most one task that waits for its time: setting it again takes the one before back,
 * so that timers cannot pile up.
 */
final class Alarm {

	private final ControlThread control;

	private final Consumer<Runnable> runner;

	private @Nullable Timer timer;

	Alarm(ControlThread control) {
		this(control, Runnable::run);
	}

	/**
	 * Create an alarm that is off.
	 * @param control where tasks are run
	 * @param runner runs them, and knows what to do with what they throw
	 */
	Alarm(ControlThread control, Consumer<Runnable> runner) {
		this.control = control;
		this.runner = runner;
	}

	void set(Duration delay, Runnable task) {
		off();
		this.timer = this.control.after(delay, () -> this.runner.accept(task));
	}

	void off() {
		if (this.timer != null) {
			this.timer.cancel();
			this.timer = null;
		}
	}

}
