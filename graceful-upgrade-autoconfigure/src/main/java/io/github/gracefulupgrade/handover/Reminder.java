package io.github.gracefulupgrade.handover;

import java.time.Duration;

/**
 * Tells the operator, once and then again and again, that a successor waits for its
 * incumbent, and how to trigger the handover. All state is the control thread's.
 */
final class Reminder {

	/**
	 * How often a successor that waits says so.
	 */
	static final Duration INTERVAL = Duration.ofSeconds(30);

	private final Ports ports;

	private final Settings settings;

	private final Predecessor incumbent;

	private final Alarm alarm;

	private Duration since = Duration.ZERO;

	/**
	 * Create a reminder that is silent.
	 * @param ports what it needs of the world
	 * @param settings who waits
	 * @param incumbent whom it waits for
	 * @param alarm the one timer of the start, which whatever ends the wait sets anew or
	 * turns off
	 */
	Reminder(Ports ports, Settings settings, Predecessor incumbent, Alarm alarm) {
		this.ports = ports;
		this.settings = settings;
		this.incumbent = incumbent;
		this.alarm = alarm;
	}

	/**
	 * The wait begins.
	 */
	void begin() {
		this.since = this.ports.control().now();
		this.ports.journal()
			.info("Successor pid=%d is ready and waits for incumbent pid=%d to hand over; trigger it with: kill -QUIT %d"
				.formatted(this.settings.pid(), this.incumbent.pid(), this.incumbent.pid()));
		this.alarm.set(INTERVAL, this::remind);
	}

	private void remind() {
		this.ports.journal()
			.info("Successor pid=%d has waited for %s for incumbent pid=%d to hand over; trigger it with: kill -QUIT %d"
				.formatted(this.settings.pid(), Incumbent.text(this.ports.control().now().minus(this.since)),
						this.incumbent.pid(), this.incumbent.pid()));
		this.alarm.set(INTERVAL, this::remind);
	}

}
