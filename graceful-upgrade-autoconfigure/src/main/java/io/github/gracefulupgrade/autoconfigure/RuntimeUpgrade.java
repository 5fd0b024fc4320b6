package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradePhase;
import io.github.gracefulupgrade.UpgradeStatus;
import io.github.gracefulupgrade.handover.Attempt;
import io.github.gracefulupgrade.handover.Connections;
import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * The facade on the {@link UpgradeParts}: translates the core's view into the users'.
 */
final class RuntimeUpgrade implements GracefulUpgrade {

	private final UpgradeParts parts;

	private final Supplier<@Nullable String> obstacle;

	private final @Nullable ClassLoader classLoader;

	/**
	 * Create the facade.
	 * @param parts the upgrade
	 * @param obstacle tells why upgrades are not possible here, or {@code null} if they
	 * are; asked on any thread
	 * @param classLoader the application's
	 */
	RuntimeUpgrade(UpgradeParts parts, Supplier<@Nullable String> obstacle, @Nullable ClassLoader classLoader) {
		this.parts = parts;
		this.obstacle = obstacle;
		this.classLoader = classLoader;
	}

	@Override
	public UpgradeStatus status() {
		Snapshot snapshot = this.parts.handover().snapshot();
		List<UpgradeStatus.Listener> listeners = this.parts.listeners()
			.info()
			.stream()
			.map((listener) -> new UpgradeStatus.Listener(listener.name(), listener.address(),
					UpgradeStatus.Origin.valueOf(listener.source().name())))
			.toList();
		UpgradePhase phase = (this.obstacle.get() != null) ? UpgradePhase.OFF
				: PhaseEvents.publicPhase(snapshot.phase());
		return new UpgradeStatus(this.parts.settings().pid(), phase, snapshot.generation(), snapshot.since(), listeners,
				successor(snapshot.successor()), predecessor(snapshot.predecessor()), drain(snapshot.drainDeadline()),
				attempt(snapshot.lastAttempt()), spawn(snapshot.spawn()));
	}

	/**
	 * Upgrades are rare, so each outcome may have a thread: what depends on it is code of
	 * the application's, which must not hold up the control thread.
	 */
	@Override
	public CompletionStage<UpgradeStatus.Attempt> upgrade() {
		String obstacle = this.obstacle.get();
		if (obstacle != null) {
			return CompletableFuture.completedFuture(new UpgradeStatus.Attempt(UpgradeStatus.Outcome.REFUSED,
					"graceful upgrades are off: " + obstacle, Duration.ZERO));
		}
		return this.parts.handover().requested().thenApplyAsync(RuntimeUpgrade::translate, (task) -> {
			Thread thread = new Thread(task, "graceful-upgrade-outcome");
			thread.setContextClassLoader(this.classLoader);
			thread.setDaemon(true);
			thread.start();
		});
	}

	private static UpgradeStatus.@Nullable Successor successor(Snapshot.@Nullable Successor successor) {
		return (successor != null)
				? new UpgradeStatus.Successor(successor.pid(), successor.since(), successor.waiting()) : null;
	}

	private static UpgradeStatus.@Nullable Spawn spawn(Snapshot.@Nullable Spawn spawn) {
		return (spawn != null)
				? new UpgradeStatus.Spawn(spawn.pid().isPresent() ? spawn.pid().getAsLong() : null, spawn.since())
				: null;
	}

	private static UpgradeStatus.@Nullable Predecessor predecessor(Snapshot.@Nullable Predecessor predecessor) {
		return (predecessor != null) ? new UpgradeStatus.Predecessor(predecessor.pid(), predecessor.draining(),
				farewell(predecessor.farewell())) : null;
	}

	private static UpgradeStatus.@Nullable Farewell farewell(Message.@Nullable Farewell farewell) {
		if (farewell == null) {
			return null;
		}
		Connections.Drained drained = farewell.drained();
		return new UpgradeStatus.Farewell(Duration.ofMillis(farewell.handover()), Duration.ofMillis(farewell.drain()),
				new UpgradeStatus.Drained(drained.finished(), drained.cut(), drained.handedOver(), drained.announced(),
						drained.goneAway(), drained.webSockets()));
	}

	private UpgradeStatus.@Nullable Drain drain(@Nullable Instant deadline) {
		if (deadline == null) {
			return null;
		}
		Connections.Progress progress = this.parts.connections().progress();
		Connections.Drained soFar = progress.soFar();
		Duration left = Duration.between(Instant.now(), deadline);
		return new UpgradeStatus.Drain(progress.connections(), progress.requests(), soFar.finished(),
				left.isNegative() ? Duration.ZERO : left, soFar.handedOver(), soFar.announced(), soFar.goneAway(),
				soFar.webSockets(), soFar.cut());
	}

	private static UpgradeStatus.@Nullable Attempt attempt(@Nullable Attempt attempt) {
		return (attempt != null) ? translate(attempt) : null;
	}

	static UpgradeStatus.Attempt translate(Attempt attempt) {
		return new UpgradeStatus.Attempt(UpgradeStatus.Outcome.valueOf(attempt.outcome().name()), attempt.reason(),
				attempt.duration(), attempt.output());
	}

}
