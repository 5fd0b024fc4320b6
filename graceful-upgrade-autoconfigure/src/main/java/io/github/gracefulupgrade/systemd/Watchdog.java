package io.github.gracefulupgrade.systemd;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * What the service manager's watchdog wants to hear, by {@code sd_watchdog_enabled(3)}.
 *
 * @param timeout the time within which it wants to hear something, or {@code null} if
 * there is none
 * @param meant whether it wants to hear it from this process
 */
record Watchdog(@Nullable Duration timeout, boolean meant) {

	static Watchdog in(Map<String, String> environment, long pid, Consumer<String> warnings) {
		String timeout = environment.get("WATCHDOG_USEC");
		if (timeout == null || timeout.isEmpty()) {
			return new Watchdog(null, false);
		}
		String meant = environment.get("WATCHDOG_PID");
		try {
			long micros = Long.parseLong(timeout.strip());
			if (micros > 0) {
				return new Watchdog(Duration.of(micros, ChronoUnit.MICROS),
						meant == null || Long.parseLong(meant.strip()) == pid);
			}
		}
		catch (ArithmeticException | NumberFormatException ex) {
			// said below
		}
		warnings.accept("The watchdog is not told anything: WATCHDOG_USEC=%s, WATCHDOG_PID=%s make no sense"
			.formatted(timeout, meant));
		return new Watchdog(null, false);
	}

	/**
	 * How often to tell it: twice as often as it wants.
	 * @param tookOver whether this process took over from the one that was watched. The
	 * environment names the unit's first process and is inherited as it is, so its
	 * successor is watched, too.
	 * @return the interval, or nothing if it need not be told
	 */
	Optional<Duration> interval(boolean tookOver) {
		return (this.timeout != null && (this.meant || tookOver)) ? Optional.of(this.timeout.dividedBy(2))
				: Optional.empty();
	}

}
