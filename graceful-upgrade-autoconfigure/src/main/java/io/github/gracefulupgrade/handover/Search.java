package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.UpgradeSocketException.Problem;
import org.jspecify.annotations.Nullable;

/**
 * How a start finds out what it is: it tries to reach an incumbent or to take the lock
 * with nobody at the path, whichever its mode asks for, again and again until one of the
 * two is certain, or its patience is over. A search that succeeds ends with HELLO on the
 * way to the incumbent, and goes on if that one does not welcome this process; or it ends
 * with the lock.
 * <p>
 * All state is the control thread's.
 */
final class Search {

	/**
	 * How often it is tried to reach an incumbent, or to take a lock.
	 */
	static final Duration RETRY = Duration.ofMillis(50);

	private final Ports ports;

	private final Settings settings;

	private final StartFailures failures;

	private final Predecessor incumbent;

	private final Alarm alarm;

	private final Runnable cold;

	private final Consumer<UpgradeException> failed;

	private final Patience patience;

	private Mode mode = Mode.COLD;

	/**
	 * What the last process that was reached had to say.
	 */
	private @Nullable String lastWord;

	/**
	 * Create a search that has not begun.
	 * @param ports what it needs of the world
	 * @param settings how long it waits for what
	 * @param failures why it can fail
	 * @param incumbent told who was reached
	 * @param alarm the one timer of the start
	 * @param cold run when this process holds the lock, and nobody is at the path
	 * @param failed told why neither is possible
	 */
	Search(Ports ports, Settings settings, StartFailures failures, Predecessor incumbent, Alarm alarm, Runnable cold,
			Consumer<UpgradeException> failed) {
		this.ports = ports;
		this.settings = settings;
		this.failures = failures;
		this.incumbent = incumbent;
		this.alarm = alarm;
		this.cold = cold;
		this.failed = failed;
		this.patience = new Patience(ports.control());
	}

	/**
	 * Search from now on.
	 */
	void begin(Mode mode) {
		this.mode = mode;
		this.patience.begin(this.settings.connectTimeout());
		seek();
	}

	/**
	 * The incumbent that was found is gone, or goes: search for what comes in its place.
	 */
	void beginAgain() {
		// One that shuts down keeps the lock until its background work has stopped.
		this.patience.begin(this.settings.connectTimeout().plus(this.settings.readyTimeout()));
		this.alarm.set(RETRY, this::seek);
	}

	private void seek() {
		if (this.mode != Mode.COLD && connect()) {
			return;
		}
		if (this.mode != Mode.SUCCESSOR && startCold()) {
			return;
		}
		seekAgain();
	}

	private void seekAgain() {
		if (!this.patience.isOver()) {
			this.alarm.set(RETRY, this::seek);
		}
		else if (this.mode == Mode.SUCCESSOR) {
			this.failed.accept(this.failures.nobodyAnswers(this.lastWord));
		}
		else {
			this.failed.accept(this.failures.lockIsTaken(this.patience.length()));
		}
	}

	/**
	 * Try to reach an incumbent.
	 * @return whether a connection stands, and the rest is up to the incumbent
	 */
	private boolean connect() {
		try {
			this.incumbent.reached(this.ports.socket().connect());
			this.alarm.set(this.patience.leftOr(Duration.ofSeconds(1)),
					() -> this.failed.accept(this.failures.noWelcome()));
			this.incumbent
				.send(new Message.Hello(Message.PROTOCOL_VERSION, this.settings.pid(), this.settings.application()));
			return true;
		}
		catch (UpgradeSocketException ex) {
			if (ex.getProblem() != Problem.NOBODY) {
				throw ex;
			}
			return false;
		}
	}

	/**
	 * Try to take the lock with nobody at the path.
	 * @return whether this process is the owner now, or failed
	 */
	private boolean startCold() {
		OptionalLong holder = this.ports.lock().holder();
		boolean locked = this.ports.lock().tryAcquire();
		boolean answers = this.ports.socket().answers();
		if (locked && !answers) {
			this.alarm.off();
			this.cold.run();
			return true;
		}
		if (locked) {
			// The moment between an incumbent's release and its successor's take-over.
			this.ports.lock().release();
		}
		if (answers && this.mode == Mode.COLD) {
			this.failed.accept(this.failures.pathIsTaken(holder));
			return true;
		}
		return false;
	}

	/**
	 * Whoever was reached does not welcome this process.
	 */
	void refused(Message.Refused refused) {
		this.incumbent.hangUp();
		this.lastWord = refused.text();
		if (refused.reason() == Message.Refusal.LEAVING) {
			// It was just replaced, or shuts down: the path tells which, in a moment.
			seekAgain();
		}
		else {
			this.failed.accept(this.failures.refused(refused));
		}
	}

	/**
	 * The connection ended before an answer came.
	 */
	void lost(String reason) {
		this.lastWord = reason;
		seekAgain();
	}

}
