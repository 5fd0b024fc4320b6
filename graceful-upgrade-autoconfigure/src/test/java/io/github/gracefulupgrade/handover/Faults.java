package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import io.github.gracefulupgrade.handover.Explorer.Option;
import io.github.gracefulupgrade.handover.Instance.Stage;
import io.github.gracefulupgrade.handover.World.Step;

/**
 * What can go wrong at any moment: processes are killed, stopped and terminated,
 * connections break or are slow, the application fails or takes long.
 */
final class Faults {

	/**
	 * Between the two, the kernel has closed the connections of a dead process, and not
	 * freed its lock.
	 */
	private static final Duration LOCK_LINGERS = Duration.ofMillis(120);

	/**
	 * A generation that stands still for longer than its successor waits may miss that
	 * the latter was replaced, and send connections to a process that is gone.
	 */
	private static final Duration HARMLESS = Instance.CLOSE_TIMEOUT;

	/**
	 * How long something that stands still does so: until all else has come to rest, and
	 * longer than each of the timeouts.
	 */
	private final List<Duration> stops;

	Faults(int... seconds) {
		this.stops = Stream
			.concat(Stream.of(Duration.ofMillis(1)), Arrays.stream(seconds).mapToObj(Duration::ofSeconds))
			.toList();
	}

	void add(World world, Judge judge, List<Option> options) {
		for (Instance instance : world.instances) {
			if (instance.alive()) {
				add(world, judge, instance, options);
			}
		}
		for (Connection.End end : world.ends) {
			if (!end.isOpen() || !end.hasSomethingOnItsWay()) {
				continue;
			}
			for (Duration stop : this.stops) {
				options.add(new Option(new Step("what comes to %s takes %s".formatted(end.party, stop), () -> {
					end.delayed = true;
					world.after(stop, "it arrives", null, () -> end.delayed = false);
				}), false, stop.compareTo(HARMLESS) > 0));
			}
			options
				.add(new Option(new Step("a connection of %s breaks".formatted(end.party), end::broken), true, true));
		}
	}

	private void add(World world, Judge judge, Instance instance, List<Option> options) {
		options.add(new Option(new Step(instance + " is killed", () -> {
			judge.ends(instance);
			instance.killed();
		}), true, true));
		options.add(new Option(new Step(instance + " is killed, and its lock lingers", () -> {
			judge.ends(instance);
			instance.killed(LOCK_LINGERS);
		}), true, true));
		if (instance.isStopped()) {
			return;
		}
		if (!instance.closes()) {
			options.add(new Option(new Step(instance + " is terminated", () -> {
				judge.ends(instance);
				instance.terminated();
			}), true, true));
		}
		for (Duration stop : this.stops) {
			options.add(new Option(new Step("%s stands still for %s".formatted(instance, stop), () -> {
				instance.isStopped(true);
				world.after(stop, instance + " runs again", null, () -> instance.isStopped(false));
			}), stop.toSeconds() > 0, stop.compareTo(HARMLESS) > 0));
		}
		Stage stage = instance.nextStage();
		if (stage != null) {
			options.add(new Option(new Step("%s fails at %s".formatted(instance, stage), () -> {
				judge.ends(instance);
				instance.failingAt(stage);
			}), true, true));
			for (Duration stop : this.stops) {
				options.add(new Option(new Step("%s takes %s for %s".formatted(instance, stop, stage), () -> {
					instance.heldAt(stage);
					world.after(stop, instance + " goes on", null, instance::releaseHold);
				}), stop.toSeconds() > 0, false));
			}
		}
	}

}
