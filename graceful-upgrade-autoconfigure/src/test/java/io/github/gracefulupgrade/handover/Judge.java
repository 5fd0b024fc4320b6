package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.github.gracefulupgrade.handover.Explorer.Option;
import io.github.gracefulupgrade.handover.World.Client;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What must be true in every run, whatever happens in it, besides what the {@link World}
 * always checks.
 */
final class Judge {

	/**
	 * How long nobody may accept while somebody lives who could: a moment for the kernel
	 * to free a lock, and another to notice.
	 */
	private static final Duration GAP = Duration.ofSeconds(1);

	private final World world;

	/**
	 * Who was killed or told to end.
	 */
	private final Set<Instance> ended = new HashSet<>();

	private final Set<Instance> gone = new HashSet<>();

	private boolean harmed;

	private Duration gap = Duration.ZERO;

	private Duration alone = Duration.ZERO;

	Judge(World world) {
		this.world = world;
	}

	void ends(Instance instance) {
		this.ended.add(instance);
	}

	void surprise(Option option) {
		this.harmed |= option.harmful();
	}

	/**
	 * Something happened.
	 * @param passed how much time passed in which nothing else could happen
	 */
	void step(Duration passed) {
		if (!passed.isZero()) {
			noteGap(passed);
			noteAlone(passed);
		}
		for (Instance instance : this.world.instances) {
			if (instance.hasLeft() && this.gone.add(instance) && !this.ended.contains(instance)) {
				require(this.world.instances.stream()
					.anyMatch((other) -> other != instance && (other.accepts() || other.hasServed())
							&& (other.alive() || this.ended.contains(other))),
						"%s leaves, and somebody serves", instance);
			}
		}
	}

	/**
	 * Time passes: does nobody accept although somebody who runs could?
	 */
	private void noteGap(Duration passed) {
		List<Instance> living = this.world.instances.stream().filter(Instance::alive).toList();
		boolean excused = living.stream().anyMatch((instance) -> instance.accepts() || instance.isStopped())
				|| living.stream().noneMatch((instance) -> instance.hasServed() && !instance.closes())
				|| this.world.ends.stream().anyMatch((end) -> end.delayed);
		this.gap = excused ? Duration.ZERO : this.gap.plus(passed);
		require(this.gap.compareTo(GAP) <= 0, "somebody accepts: %s", living);
	}

	/**
	 * Time passes: does anybody accept for a part of the time only, although nobody else
	 * is there? Who accepts is, even if it stands still before its main thread has heard
	 * of it.
	 */
	private void noteAlone(Duration passed) {
		List<Instance> serving = this.world.instances.stream()
			.filter((instance) -> instance.alive() && (instance.hasServed() || instance.accepts()))
			.toList();
		boolean alone = serving.size() == 1 && serving.get(0).runs() && serving.get(0).acceptsInPart()
				&& this.world.ends.stream().noneMatch((end) -> end.delayed);
		this.alone = alone ? this.alone.plus(passed) : Duration.ZERO;
		require(this.alone.compareTo(GAP) <= 0, "who is alone accepts all the time: %s", serving);
	}

	/**
	 * Whether nothing is left to happen: one instance serves, and if there are others,
	 * they wait for it.
	 */
	boolean isQuiet() {
		return this.world.instances.stream()
			.filter(Instance::alive)
			.allMatch((instance) -> instance.runs()
					&& (instance.phase() == Phase.SERVING || instance.phase() == Phase.WAITING))
				&& this.world.ends.stream().noneMatch((end) -> end.delayed);
	}

	/**
	 * All is over. One serves alone, unless all that could were ended; nobody is stuck;
	 * nothing is left open; and the next upgrade succeeds.
	 */
	void end() {
		List<Instance> living = this.world.instances.stream().filter(Instance::alive).toList();
		List<Instance> serving = living.stream().filter((instance) -> instance.phase() == Phase.SERVING).toList();
		List<Instance> waiting = living.stream().filter((instance) -> instance.phase() == Phase.WAITING).toList();
		require(living.size() == serving.size() + waiting.size(), "everybody who lives serves or waits: %s",
				living.stream().map((instance) -> instance + " " + instance.phase()).toList());
		require(serving.size() <= 1, "one serves: %s", serving);
		require(waiting.size() <= serving.size(), "who waits, waits for somebody: %s", waiting);
		this.world.instances.stream()
			.filter((instance) -> !instance.alive() && !this.ended.contains(instance) && instance.hasServed())
			.forEach((instance) -> require(instance.exitCode() == Integer.valueOf(0), "%s exits with %s", instance,
					instance.exitCode()));
		if (serving.isEmpty()) {
			require(!this.ended.isEmpty(), "somebody serves, since nobody was ended");
			// Who has left did so for somebody who was ended.
			return;
		}
		Instance owner = serving.get(0);
		for (Client client : this.world.clients) {
			boolean served = owner.serves(client);
			require(!served || client.end == null, "%s is served, or was closed", client);
			require(served || client.end != null || this.harmed, "%s is not lost", client);
		}
		living.stream()
			.flatMap((instance) -> instance.futures.stream())
			.filter((future) -> waiting.isEmpty())
			.forEach((future) -> require(future.isDone(), "nobody waits for ever"));
		if (waiting.isEmpty()) {
			this.world.endsWith(owner);
			this.world.isUpgraded(owner);
		}
		else {
			owner.handover.signalled();
			this.world.endsWith(waiting.get(0));
		}
		this.world.descriptors.stream()
			.filter((held) -> held.owner instanceof Instance instance && !held.gone)
			.forEach((held) -> assertThat(held.closed + (held.adopted ? 1 : 0)).as("ends of descriptor %s", held)
				.isEqualTo(1));
	}

	private static void require(boolean condition, String what, Object... arguments) {
		if (!condition) {
			throw new AssertionError("Not true: " + what.formatted(arguments));
		}
	}

}
