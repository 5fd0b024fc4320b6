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

	private Duration took = Duration.ZERO;

	private @Nullable Instant deadline;

	/**
	 * What the drain came to so far: it goes on if connections come back that the
	 * successor could not take.
	 */
	private Connections.Drained sum = Connections.Drained.NOTHING;

	private Connections.@Nullable Drained drained;

	/**
	 * The connections on their way to the successor, if it can take any.
	 */
	private @Nullable Outbox outbox;

	private final Alarm unanswered;

	/**
	 * Whether all connections are closed or in the outbox.
	 */
	private boolean nothingLeft;

	/**
	 * Whether connections came back from the outbox since the drain last began.
	 */
	private boolean cameBack;

	/**
	 * Whether the successor, which has been replaced itself, takes connections no more.
	 */
	private boolean enough;

	/**
	 * Whether nothing is handed over any more. Set before anything comes back, which
	 * would be sent to and fro else.
	 */
	private boolean full;

	private boolean backgroundMatters = true;

	/**
	 * Ends the wait for background work that does not stop.
	 */
	private final Alarm background;

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
		this.unanswered = new Alarm(ports.control());
		this.background = new Alarm(ports.control());
	}

	/**
	 * Begin with what only one instance may do.
	 */
	void begin() {
		this.ports.exit().prepare();
		if (!this.successor.isLost()) {
			this.ports.listeners().acceptLess(this.successor.listeners(), this.settings.closeTimeout());
		}
		this.ports.background().stop(() -> this.ports.control().execute(this::doNotWaitForBackground));
	}

	/**
	 * Accept no more, and let requests in flight finish.
	 */
	void drain(Duration grace) {
		this.ports.listeners().pause(this.successor.listeners());
		this.grace = grace;
		this.start = this.ports.control().now();
		this.deadline = Instant.now().plus(grace);
		Connections.Progress left = this.ports.connections().progress();
		this.ports.journal()
			.info("Incumbent pid=%d accepts no more and drains into pid=%d: %d connection(s), %d request(s) in flight, at most %s"
				.formatted(this.settings.pid(), this.successor.pid(), left.connections(), left.requests(),
						Incumbent.text(grace)));
		this.progress.set(PROGRESS_INTERVAL, this::tellProgress);
		if (this.backgroundMatters) {
			this.background.set(grace.plus(Incumbent.PROMPT_ANSWER), this::giveUpOnBackground);
		}
		if (!this.enough && !this.successor.isLost() && !this.successor.connectable().isEmpty()) {
			this.outbox = new Outbox(this.ports.control(), this.successor.peer(), this.successor.room(), new Sender());
		}
		drainFor(grace);
	}

	private void drainFor(Duration grace) {
		Outbox outbox = this.outbox;
		this.nothingLeft = false;
		this.cameBack = false;
		this.ports.connections()
			.drain((outbox != null && !this.full)
					? Connections.Plan.withSuccessor(grace, this.successor.connectable(), outbox::put)
					: Connections.Plan.withSuccessor(grace),
					(drained) -> this.ports.control().execute(() -> drained(drained)));
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
		this.sum = this.sum.plus(drained);
		this.nothingLeft = true;
		awaitOutbox();
	}

	/**
	 * Wait until the successor has acknowledged what was sent to it, and drain what it
	 * gave back.
	 */
	private void awaitOutbox() {
		Outbox outbox = this.outbox;
		if (!this.nothingLeft || this.drained != null || this.over) {
			return;
		}
		Duration left = this.grace.minus(passed());
		if (outbox != null && !outbox.isEmpty() && !this.successor.isLost()) {
			this.unanswered.set(left.isNegative() ? Incumbent.PROMPT_ANSWER : left.plus(Incumbent.PROMPT_ANSWER),
					() -> finished(this.sum));
		}
		else if (this.cameBack && !left.isNegative() && !left.isZero()) {
			this.unanswered.off();
			drainFor(left);
		}
		else {
			finished(this.sum);
		}
	}

	private void finished(Connections.Drained sum) {
		this.unanswered.off();
		// What was sent says little: some of it comes back. What was acknowledged counts.
		Connections.Drained drained = sum.withHandedOver((this.outbox != null) ? this.outbox.taken() : 0);
		this.drained = drained;
		this.took = passed();
		String line = ("Incumbent pid=%d drained in %s: %d request(s) finished, %d cut; %d connection(s) handed over,"
				+ " %d closed after a response that said so, %d HTTP/2 told to go away, %d WebSocket(s) closed;"
				+ " successor pid=%d goes on alone")
			.formatted(this.settings.pid(), Incumbent.text(passed()), drained.finished(), drained.cut(),
					drained.handedOver(), drained.announced(), drained.goneAway(), drained.webSockets(),
					this.successor.pid());
		if (drained.cut() > 0) {
			this.ports.journal().warn(line);
		}
		else {
			this.ports.journal().info(line);
		}
		endIfNothingIsLeft();
	}

	private void giveUpOnBackground() {
		this.ports.journal()
			.warn("Background work of incumbent pid=%d has not stopped within %s; it leaves all the same"
				.formatted(this.settings.pid(), Incumbent.text(passed())));
		doNotWaitForBackground();
	}

	/**
	 * It has stopped, or stops in another way.
	 */
	void doNotWaitForBackground() {
		this.background.off();
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
	 * The successor answered a batch of connections.
	 * @return whether there was one to answer
	 */
	boolean received(Message.Received message) {
		return this.outbox != null && this.outbox.received(message);
	}

	/**
	 * The successor takes no more connections: what has not been sent drains here.
	 */
	void handOverNoMore() {
		this.enough = true;
		// Nobody knows any more how much the successor accepts.
		this.ports.listeners().acceptAll();
		if (this.outbox != null) {
			this.outbox.close();
		}
		awaitOutbox();
	}

	/**
	 * This process leaves. What the successor has not acknowledged is its business.
	 */
	void leave() {
		this.over = true;
		this.background.off();
		this.progress.off();
		this.unanswered.off();
		if (this.outbox != null) {
			this.outbox.letGo();
		}
	}

	/**
	 * The successor lives no more: accept again.
	 * @param serve whether this instance serves again, or just ends in another way
	 */
	void takeBack(boolean serve) {
		this.over = true;
		this.background.off();
		this.progress.off();
		this.unanswered.off();
		this.ports.connections().cancelDrain();
		if (this.outbox != null) {
			this.outbox.takeBack();
		}
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

	/**
	 * How long the drain took.
	 */
	Duration drained() {
		return this.took;
	}

	private Duration passed() {
		return this.ports.control().now().minus(this.start);
	}

	/**
	 * What the outbox needs of a drain.
	 */
	private final class Sender implements Outbox.Owner {

		@Override
		public void giveBack(Connections.Established connection) {
			Departure.this.cameBack = true;
			Departure.this.ports.connections().takeBack(connection);
		}

		@Override
		public void full() {
			Departure.this.full = true;
			Departure.this.ports.connections().stopHandingOver();
		}

		@Override
		public void moved() {
			awaitOutbox();
		}

	}

}
