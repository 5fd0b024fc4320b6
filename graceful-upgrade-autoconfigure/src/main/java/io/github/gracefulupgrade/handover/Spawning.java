package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * The successor that the incumbent started itself: from its start until it took over, or
 * until it has been ended. Everything else about it is as with any successor: it connects
 * and waits, and is handed over to.
 * <p>
 * All state is the control thread's.
 */
final class Spawning {

	/**
	 * How long a process that was asked to end may take.
	 */
	static final Duration TIME_TO_END = Duration.ofSeconds(10);

	private final Ports ports;

	private final Settings settings;

	private final Runnable changed;

	private final Alarm patience;

	private final Alarm end;

	private Spawner.@Nullable Child child;

	/**
	 * What was told to end, with all that it has started, and is killed if it takes too
	 * long: its attempt is over.
	 */
	private Spawner.@Nullable Child terminated;

	private Instant since = Instant.EPOCH;

	/**
	 * Whether it is not yet decided which process the attempt hands over to.
	 */
	private boolean awaited;

	/**
	 * What it said itself before its connection ended.
	 */
	private @Nullable String lastWord;

	private Consumer<String> failed = (reason) -> {
	};

	Spawning(Ports ports, Settings settings, Runnable changed) {
		this.ports = ports;
		this.settings = settings;
		this.changed = changed;
		this.patience = new Alarm(ports.control());
		this.end = new Alarm(ports.control());
	}

	/**
	 * Whether a process that was started has not come so far that it could be handed over
	 * to.
	 */
	boolean isUnderWay() {
		return this.awaited;
	}

	/**
	 * Start the successor.
	 * @param failed told why, if it does not come to wait; whoever is told ends the
	 * attempt, and that calls {@link #over}
	 */
	void begin(Trigger trigger, Consumer<String> failed) {
		killTerminated(); // it was to end, and has had less than its time for it
		this.end.off();
		this.failed = failed;
		this.lastWord = null;
		this.awaited = true;
		this.since = Instant.now();
		this.ports.journal()
			.info("%s: incumbent pid=%d starts its successor, which has %s to get ready".formatted(trigger,
					this.settings.pid(), Incumbent.text(this.ports.spawner().timeout())));
		this.patience.set(this.ports.spawner().timeout(), this::tookTooLong);
		Watching watching = new Watching();
		Spawner.Child child = this.ports.spawner().start(watching);
		watching.child = child;
		this.child = child;
		this.changed.run();
	}

	private void tookTooLong() {
		this.failed.accept("%s was not ready within %s (pingora.spawn.timeout)%s".formatted(name(),
				Incumbent.text(this.ports.spawner().timeout()),
				(this.lastWord != null) ? "; it said: " + this.lastWord : ""));
	}

	private void ended(String how) {
		if (this.awaited) {
			this.failed.accept("%s %s before it was ready%s".formatted(name(), how,
					(this.lastWord != null) ? "; it said: " + this.lastWord : ""));
		}
		// Else its connection tells, and then what it printed last is asked for.
	}

	/**
	 * Whether a process is one that this instance started and told to end.
	 */
	boolean isToEnd(long pid) {
		return this.terminated != null && this.terminated.includes(pid);
	}

	/**
	 * The connection of a process ended that was being built. If it is the one, it will
	 * end now, and what it prints until then is worth to be waited for.
	 */
	void lost(Candidate candidate, String reason) {
		if (this.awaited && this.child != null && this.child.includes(candidate.pid())) {
			this.lastWord = reason;
			this.patience.set(Incumbent.PROMPT_ANSWER, () -> this.failed
				.accept("successor pid=%d failed before it was ready: %s".formatted(candidate.pid(), reason)));
		}
	}

	/**
	 * A successor waits. If it is another one than this instance started, that one was
	 * quicker, and is not needed.
	 */
	void decided(Candidate candidate) {
		if (!this.awaited) {
			return;
		}
		this.awaited = false;
		this.patience.off();
		if (this.child != null && !this.child.includes(candidate.pid())) {
			this.ports.journal()
				.info("Successor pid=%d came before %s, which is ended".formatted(candidate.pid(), name()));
			terminate();
		}
	}

	/**
	 * What the successor needs for its output, if it is this instance's child.
	 */
	List<Belongings.Item> streams(Candidate candidate) {
		Spawner.Child child = this.child;
		return (child != null && child.includes(candidate.pid())) ? child.streams() : List.of();
	}

	/**
	 * The attempt is over.
	 * @param handedOver whether the successor serves; if not, it is ended
	 * @param successor the pid of the successor, if there is one
	 * @return the last lines that it printed, if it failed
	 */
	List<String> over(boolean handedOver, OptionalLong successor) {
		this.awaited = false;
		this.patience.off();
		if (handedOver) {
			letGo(successor);
			return List.of();
		}
		if (this.child == null) {
			return List.of();
		}
		List<String> output = this.child.output();
		terminate();
		return output;
	}

	/**
	 * Who knows whether the successor serves: it is on its own.
	 * @param successor its pid, if there is one
	 */
	void letGo(OptionalLong successor) {
		this.end.off();
		if (this.child != null) {
			this.child.letGo();
			this.child = null;
		}
		if (this.terminated != null && successor.isPresent() && this.terminated.includes(successor.getAsLong())) {
			this.terminated.letGo();
			this.terminated = null;
		}
		// One of an earlier attempt, which was told to end and may not have. Nobody will
		// be here when its time is over.
		killTerminated();
	}

	private void terminate() {
		Spawner.Child child = this.child;
		if (child != null) {
			child.terminate();
			this.child = null;
			this.terminated = child;
			this.end.set(TIME_TO_END, this::killTerminated);
		}
	}

	private void killTerminated() {
		Spawner.Child terminated = this.terminated;
		this.terminated = null;
		if (terminated != null) {
			terminated.kill();
		}
	}

	/**
	 * Its process id, if there is one.
	 */
	OptionalLong pid() {
		return (this.child != null) ? this.child.pid() : OptionalLong.empty();
	}

	/**
	 * What it is called in sentences.
	 */
	String name() {
		OptionalLong pid = pid();
		return pid.isPresent() ? "the process pid=%d that was started as successor".formatted(pid.getAsLong())
				: "the process that was started as successor";
	}

	Snapshot.@Nullable Spawn snapshot() {
		return this.awaited ? new Snapshot.Spawn(pid(), this.since) : null;
	}

	/**
	 * Takes what becomes of one process to the control thread, and forgets it if that one
	 * is no longer of interest.
	 */
	private final class Watching implements Spawner.Watcher {

		private Spawner.@Nullable Child child;

		@Override
		public void started(long pid) {
			Spawning.this.ports.control().execute(() -> {
				if (isTheOne()) {
					Spawning.this.ports.journal()
						.info("Incumbent pid=%d started pid=%d as its successor".formatted(Spawning.this.settings.pid(),
								pid));
					Spawning.this.changed.run();
				}
			});
		}

		@Override
		public void over(String how) {
			Spawning.this.ports.control().execute(() -> {
				if (isTheOne()) {
					ended(how);
				}
			});
		}

		private boolean isTheOne() {
			return this.child != null && this.child == Spawning.this.child;
		}

	}

}
