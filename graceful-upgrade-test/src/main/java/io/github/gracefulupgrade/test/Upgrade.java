package io.github.gracefulupgrade.test;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * An upgrade that has been made, by the procedure that an operator follows: start the
 * successor, wait until it waits, send SIGQUIT to the incumbent, wait until that has
 * exited. Closing it ends the successor.
 *
 * <pre class="code">
 * try (Upgrade upgrade = Upgrade.of(v1).to(app.args("--feature.new=true")).under(load).perform()) {
 *     …
 * }
 * </pre>
 */
public final class Upgrade implements AutoCloseable {

	/**
	 * What a successor prints when it waits for the incumbent to hand over. The first
	 * group is its own pid, the second that of the incumbent.
	 */
	public static final Pattern SUCCESSOR_WAITS = Pattern
		.compile("Successor pid=(\\d+) is ready and waits for incumbent pid=(\\d+) to hand over");

	private final Instance successor;

	private final long signalledAt;

	private final long exitedAt;

	private final int exitCode;

	private final @Nullable Duration handoverTime;

	private Upgrade(Instance successor, long signalledAt, long exitedAt, int exitCode,
			@Nullable Duration handoverTime) {
		this.successor = successor;
		this.signalledAt = signalledAt;
		this.exitedAt = exitedAt;
		this.exitCode = exitCode;
		this.handoverTime = handoverTime;
	}

	/**
	 * Begin to describe an upgrade.
	 * @param incumbent the instance that serves now
	 * @return a builder, to say what to upgrade it to
	 */
	public static Builder of(Instance incumbent) {
		return new Builder(incumbent);
	}

	/**
	 * Return the instance that serves now.
	 * @return the successor
	 */
	public Instance successor() {
		return this.successor;
	}

	/**
	 * Return how the incumbent exited.
	 * @return its exit code
	 */
	public int exitCode() {
		return this.exitCode;
	}

	/**
	 * Return when SIGQUIT was sent.
	 * @return the moment, as {@link System#nanoTime()}
	 */
	public long signalledAt() {
		return this.signalledAt;
	}

	/**
	 * Return when the incumbent had exited.
	 * @return the moment, as {@link System#nanoTime()}
	 */
	public long exitedAt() {
		return this.exitedAt;
	}

	/**
	 * Return how long it took from the signal until the first answer of the successor
	 * reached a client.
	 * @return the time; empty without a load, or when the application's answers do not
	 * tell who gave them
	 */
	public Optional<Duration> handoverTime() {
		return Optional.ofNullable(this.handoverTime);
	}

	/**
	 * End the successor.
	 */
	@Override
	public void close() {
		this.successor.close();
	}

	/**
	 * Says what to upgrade to.
	 */
	public static final class Builder {

		private final Instance incumbent;

		private @Nullable Application application;

		private @Nullable Load load;

		private Duration timeout = Instance.PATIENCE;

		private Builder(Instance incumbent) {
			this.incumbent = incumbent;
		}

		/**
		 * Set the new version.
		 * @param application the new version; {@code --upgrade} is added
		 * @return this builder
		 */
		public Builder to(Application application) {
			this.application = application;
			return this;
		}

		/**
		 * Set the load that watches the upgrade. The signal and the exit are marked in
		 * its report.
		 * @param load the load
		 * @return this builder
		 */
		public Builder under(Load load) {
			this.load = load;
			return this;
		}

		/**
		 * Set how long each step may take: until the successor waits, and until the
		 * incumbent has exited. 60 seconds unless set.
		 * @param timeout the time
		 * @return this builder
		 */
		public Builder timeout(Duration timeout) {
			this.timeout = timeout;
			return this;
		}

		/**
		 * Make the upgrade.
		 * @return what came of it, once the incumbent has exited
		 */
		public Upgrade perform() {
			if (this.application == null) {
				throw new IllegalStateException("Upgrade to what?");
			}
			Instance successor = this.application.successor().start();
			try {
				mark("the start of pid " + successor.pid(), System.nanoTime());
				successor.awaitLog(SUCCESSOR_WAITS, this.timeout);
				long signalledAt = System.nanoTime();
				mark("SIGQUIT to pid " + this.incumbent.pid(), signalledAt);
				this.incumbent.quit();
				int exitCode = awaitExit(successor);
				mark("the exit of pid " + this.incumbent.pid(), this.incumbent.exitedAt());
				return new Upgrade(successor, signalledAt, this.incumbent.exitedAt(), exitCode,
						handoverTime(successor, signalledAt));
			}
			catch (Throwable ex) {
				successor.close();
				throw ex;
			}
		}

		private int awaitExit(Instance successor) {
			try {
				return this.incumbent.awaitExit(this.timeout);
			}
			catch (AssertionError ex) {
				// Either may know why.
				throw new AssertionError(ex.getMessage() + "%nand of its successor, ".formatted()
						+ successor.failure("was to take over", this.timeout).getMessage(), ex);
			}
		}

		private @Nullable Duration handoverTime(Instance successor, long signalledAt) {
			Load load = this.load;
			if (load == null || load.soFar().answersByPid().keySet().stream().allMatch((pid) -> pid == 0)) {
				return null;
			}
			return load.awaitAnswers(successor, 1)
				.soFar()
				.firstAnswerBy(successor.pid())
				.map((fate) -> Duration.ofNanos(fate.endedAt() - signalledAt))
				.orElseThrow();
		}

		private void mark(String label, long at) {
			if (this.load != null) {
				this.load.mark(label, at);
			}
		}

	}

}
