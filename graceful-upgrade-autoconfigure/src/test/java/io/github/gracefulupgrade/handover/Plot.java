package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * What is done to a service, in an order that does not change, at moments that do.
 */
enum Plot {

	/**
	 * An incumbent is upgraded.
	 */
	UPGRADE {

		@Override
		List<Act> begin(World world) {
			Instance first = incumbent(world);
			Instance second = instance(world, Mode.SUCCESSOR);
			return List.of(start(second), quit(first));
		}

	},

	/**
	 * As that, with a successor that would start cold, too, and a request instead of a
	 * signal.
	 */
	AUTO {

		@Override
		List<Act> begin(World world) {
			Instance first = incumbent(world);
			Instance second = instance(world, Mode.AUTO);
			return List.of(start(second), new Act("request to " + first, first::runs, first::requested));
		}

	},

	/**
	 * A third generation takes over while the first drains.
	 */
	THREE_GENERATIONS {

		@Override
		List<Act> begin(World world) {
			Instance first = incumbent(world);
			Instance second = instance(world, Mode.SUCCESSOR);
			Instance third = instance(world, Mode.SUCCESSOR);
			return List.of(start(second), quit(first), start(third), quit(second));
		}

	},

	/**
	 * Two successors and a cold start come for one incumbent.
	 */
	RIVALS {

		@Override
		List<Act> begin(World world) {
			Instance first = incumbent(world);
			return List.of(start(instance(world, Mode.SUCCESSOR)), start(instance(world, Mode.AUTO)), quit(first),
					start(instance(world, Mode.COLD)));
		}

	},

	/**
	 * Nobody serves, and three want to.
	 */
	COLD_STARTS {

		@Override
		List<Act> begin(World world) {
			return List.of(start(instance(world, Mode.COLD)), start(instance(world, Mode.AUTO)),
					start(instance(world, Mode.COLD)));
		}

	};

	/**
	 * Begin it.
	 * @return what is to be done then
	 */
	abstract List<Act> begin(World world);

	private static Instance instance(World world, Mode mode) {
		Instance instance = world.instance(mode);
		instance.movable = Set.of("http");
		instance.belongings.has(1);
		return instance;
	}

	/**
	 * An incumbent with a client that is idle, one that is busy for a while, and requests
	 * in flight.
	 */
	private static Instance incumbent(World world) {
		Instance incumbent = instance(world, Mode.COLD).begin();
		world.settle();
		world.client(incumbent, Duration.ZERO);
		world.client(incumbent, Duration.ofSeconds(7));
		incumbent.connections.busyFor(Duration.ofSeconds(12));
		return incumbent;
	}

	private static Act start(Instance instance) {
		return new Act("start of " + instance, () -> true, instance::begin);
	}

	private static Act quit(Instance instance) {
		return new Act("SIGQUIT to " + instance, () -> true, () -> {
			if (instance.alive()) {
				instance.handover.signalled();
			}
		});
	}

	/**
	 * Something that is done.
	 *
	 * @param name what it is
	 * @param isPossible whether it can be done now
	 * @param action does it
	 */
	record Act(String name, BooleanSupplier isPossible, Runnable action) {
	}

}
