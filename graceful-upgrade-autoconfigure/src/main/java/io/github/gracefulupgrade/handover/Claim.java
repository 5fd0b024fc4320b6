package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * A successor's claim to the ownership lock, from the moment that it has the listeners.
 * The incumbent releases the lock before it says COMMIT; or the incumbent is dead, and
 * the kernel does. What another process holds is tried again and again, until the claim
 * is won or lost.
 * <p>
 * All state is the control thread's.
 */
final class Claim {

	/**
	 * How long the kernel may take to free the lock of a process whose connections it has
	 * closed.
	 */
	static final Duration LOCK_OF_THE_DEAD = Duration.ofSeconds(3);

	/**
	 * How long after the incumbent's ready timeout a successor gives up on its own,
	 * should the incumbent not have said so.
	 */
	static final Duration SLACK = Duration.ofSeconds(10);

	private final Ports ports;

	private final Settings settings;

	private final StartFailures failures;

	private final Predecessor incumbent;

	private final Alarm alarm;

	private final Consumer<String> won;

	private final Consumer<UpgradeException> lost;

	private final Patience patience;

	/**
	 * Ends a claim without a COMMIT that would never be decided.
	 */
	private final Patience atMost;

	/**
	 * Create a claim that is not yet made.
	 * @param ports what it needs of the world
	 * @param settings how long it waits for what
	 * @param failures why it can be lost
	 * @param incumbent who held the lock
	 * @param alarm the one timer of the start
	 * @param won told how, for the log, when this process holds the lock
	 * @param lost told why, when it must not
	 */
	Claim(Ports ports, Settings settings, StartFailures failures, Predecessor incumbent, Alarm alarm,
			Consumer<String> won, Consumer<UpgradeException> lost) {
		this.ports = ports;
		this.settings = settings;
		this.failures = failures;
		this.incumbent = incumbent;
		this.alarm = alarm;
		this.won = won;
		this.lost = lost;
		this.patience = new Patience(ports.control());
		this.atMost = new Patience(ports.control());
	}

	/**
	 * READY is said: COMMIT comes, or the incumbent says that its patience is over. This
	 * is for one that cannot.
	 */
	void awaitCommit() {
		this.patience.begin(this.settings.readyTimeout().plus(SLACK));
		this.alarm.set(this.patience.length(),
				() -> this.lost.accept(this.failures.noCommit(this.incumbent.pid(), this.patience.length())));
	}

	/**
	 * COMMIT came: take the lock.
	 */
	void committed() {
		if (this.ports.lock().tryAcquire()) {
			this.won.accept("took over from incumbent pid=%d and finishes its start".formatted(this.incumbent.pid()));
		}
		else if (this.patience.isOver()) {
			this.lost.accept(this.failures.lockIsAnothers(this.incumbent.pid()));
		}
		else {
			// A cold start holds it for as long as it takes to see that the path answers.
			this.alarm.set(Search.RETRY, this::committed);
		}
	}

	/**
	 * The connection to the incumbent ended while this process holds its listeners. The
	 * lock tells whether the incumbent lives: then this process must not go on, else it
	 * must.
	 */
	void orphaned(String reason) {
		this.ports.journal()
			.warn("Lost incumbent pid=%d after it offered its listeners to pid=%d: %s".formatted(this.incumbent.pid(),
					this.settings.pid(), reason));
		this.atMost.begin(this.settings.readyTimeout().plus(SLACK));
		this.patience.begin(LOCK_OF_THE_DEAD);
		claim(reason);
	}

	private void claim(String reason) {
		if (this.ports.lock().tryAcquire()) {
			if (!this.ports.socket().answers()) {
				this.won.accept("owns the listeners of incumbent pid=%d, which is gone, and goes on"
					.formatted(this.incumbent.pid()));
				return;
			}
			// The incumbent lives, and hands over to somebody else at this moment.
			this.ports.lock().release();
		}
		if (this.patience.isOver()) {
			if (this.atMost.isOver() || this.ports.socket().answers()) {
				this.lost.accept(this.failures.incumbentLives(this.incumbent.pid(), reason));
				return;
			}
			// Whoever holds the lock is on its way out, or a cold start that was quicker
			// than this process, and cannot bind what this process holds.
			this.patience.begin(LOCK_OF_THE_DEAD);
		}
		this.alarm.set(Search.RETRY, () -> claim(reason));
	}

}
