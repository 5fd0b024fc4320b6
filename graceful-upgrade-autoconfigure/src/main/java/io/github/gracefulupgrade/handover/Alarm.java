package io.github.gracefulupgrade.handover;

import java.time.Duration;

import io.github.gracefulupgrade.handover.ControlThread.Timer;
import org.jspecify.annotations.Nullable;

/**
 * At most one task that waits for its time: setting it again takes the one before back,
 * so that timers cannot pile up.
 */
final class Alarm {

	private final ControlThread control;

	private @Nullable Timer timer;

	Alarm(ControlThread control) {
		this.control = control;
	}

	void set(Duration delay, Runnable task) {
		off();
		this.timer = this.control.after(delay, task);
	}

	void off() {
		if (this.timer != null) {
			this.timer.cancel();
			this.timer = null;
		}
	}

}
