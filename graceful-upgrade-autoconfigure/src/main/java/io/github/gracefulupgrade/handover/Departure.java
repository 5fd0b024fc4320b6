package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * An incumbent's way out after its successor accepted: background work stops, then
 * requests in flight finish. All of it can be taken back until it is over.
 * <p>
 * One object for each time, so that the end of something that was taken back is not
 * mistaken for the end of what began later.
 */
final class Departure {

	/**
	 * How often a drain says what is left.
	 */
	private static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(5);

	private final Ports ports;

	private final Settings settings;

	private final Candidate successor;

	private final Consumer<Connections.Drained> done;

	private final Alarm progress;

	private Duration start = Duration.ZERO;

	private Duration grace = Duration.ZERO;

	private @Nullable Instant deadline;

	private Connections.@Nullable Drained drained;

	private boolean backgroundMatters = true;

	private boolean over;

	/**
	 * Create a way out that has not begun.
	 * @param done told once, on the control thread, when nothing is left, unless
	 * {@link #takeBack} came first
	 */
	Departure(Ports ports, Settings settings, Candidate successor, Consumer<Connections.Drained> done) {
		this.ports = ports;
		this.settings = settings;
		this.successor = successor;
		this.done = done;
		this.progress = new Alarm(ports.control());
	}

	/**
	 * Begin with what only one instance may do.
	 */
	void begin() {
		this.ports.exit().prepare();
		this.ports.background().stop(() -> this.ports.control().execute(this::doNotWaitForBackground));
	}

	/**
	 * Accept no more, and let requests in flight finish.
	 */
	void drain(Duration grace) {
		this.ports.listeners().pause();
		this.grace = grace;
		this.start = this.ports.control().now();
		this.deadline = Instant.now().plus(grace);
		Connections.Progress left = this.ports.connections().progress();
		this.ports.journal()
			.info("Incumbent pid=%d accepts no more and drains into pid=%d: %d connection(s), %d request(s) in flight, at most %s"
				.formatted(this.settings.pid(), this.successor.pid(), left.connections(), left.requests(),
						Incumbent.text(grace)));
		this.progress.set(PROGRESS_INTERVAL, this::tellProgress);
		this.ports.connections()
			.drain(grace, Connections.Idle.ANNOUNCE, (drained) -> this.ports.control().execute(() -> drained(drained)));
	}

	private void tellProgress() {
		Connections.Progress left = this.ports.connections().progress();
		this.ports.journal()
			.info("Incumbent pid=%d drains into pid=%d: %d connection(s), %d request(s) left, %s of %s passed%s"
				.formatted(this.settings.pid(), this.successor.pid(), left.connections(), left.requests(),
						Incumbent.text(passed()), Incumbent.text(this.grace),
						(this.drained != null) ? "; background work has not stopped yet" : ""));
		this.progress.set(PROGRESS_INTERVAL, this::tellProgress);
	}

	private void drained(Connections.Drained drained) {
		if (this.over) {
			return;
		}
		this.drained = drained;
		String line = "Incumbent pid=%d drained in %s: %d request(s) finished, %d cut; successor pid=%d goes on alone"
			.formatted(this.settings.pid(), Incumbent.text(passed()), drained.finished(), drained.cut(),
					this.successor.pid());
		if (drained.cut() > 0) {
			this.ports.journal().warn(line);
		}
		else {
			this.ports.journal().info(line);
		}
		endIfNothingIsLeft();
	}

	/**
	 * It has stopped, or stops in another way.
	 */
	void doNotWaitForBackground() {
		this.backgroundMatters = false;
		endIfNothingIsLeft();
	}

	private void endIfNothingIsLeft() {
		Connections.Drained drained = this.drained;
		if (!this.over && drained != null && !this.backgroundMatters) {
			this.over = true;
			this.progress.off();
			this.done.accept(drained);
		}
	}

	/**
	 * The successor lives no more: accept again.
	 * @param serve whether this instance serves again, or just ends in another way
	 */
	void takeBack(boolean serve) {
		this.over = true;
		this.progress.off();
		this.ports.connections().cancelDrain();
		this.ports.listeners().resume();
		if (serve) {
			this.ports.background().start();
		}
		this.ports.exit().cancel();
	}

	/**
	 * When the drain cuts what is left.
	 * @return the moment, or {@code null} if no drain runs
	 */
	@Nullable Instant deadline() {
		return (this.drained == null) ? this.deadline : null;
	}

	private Duration passed() {
		return this.ports.control().now().minus(this.start);
	}

}
