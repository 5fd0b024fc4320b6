package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.github.gracefulupgrade.handover.World.Step;
import org.jspecify.annotations.Nullable;

/**
 * Explores what can happen to a {@link Plot}: runs it again and again from its begin, on
 * the real code, each time with another choice at another step, until every choice was
 * made in every state that can be reached with a given number of surprises.
 * <p>
 * Without a surprise, the first thing that can happen does, and time passes when nothing
 * else can. A surprise is a <i>delay</i>: something else happens first, or time passes
 * although something could happen; or a <i>fault</i>. A state in which all has been tried
 * with as many surprises left is not tried again.
 */
final class Explorer {

	/**
	 * How long a plot goes on after the last thing that was done to it.
	 */
	private static final Duration END = Duration.ofMinutes(4);

	/**
	 * More steps than any run takes: whatever goes on for longer never ends.
	 */
	private static final int MAX_STEPS = 100_000;

	private final Plot plot;

	private final Faults faults;

	private final Deque<Run> left = new ArrayDeque<>();

	private final Set<Long> tried = new HashSet<>();

	private final Set<Long> states = new HashSet<>();

	private final Set<Long> ends = new HashSet<>();

	private long runs;

	Explorer(Plot plot, Faults faults) {
		this.plot = plot;
		this.faults = faults;
	}

	/**
	 * Explore.
	 * @param delays how many delays there are at most in a run
	 * @param faults how many faults there are at most in a run
	 * @return what was explored
	 * @throws AssertionError if anything is wrong in any run, with the choices that led
	 * there
	 */
	Result explore(int delays, int faults) {
		this.left.push(new Run(List.of(), delays, faults));
		while (!this.left.isEmpty()) {
			Run run = this.left.pop();
			this.runs++;
			try {
				play(run);
			}
			catch (AssertionError | RuntimeException ex) {
				throw new AssertionError(
						"%s, after %d runs: %s%n%s".formatted(this.plot, this.runs, ex.getMessage(), story(run)), ex);
			}
		}
		return new Result(this.plot.toString(), this.runs, this.states.size(), this.ends.size());
	}

	/**
	 * What happened in a run, for people.
	 */
	private String story(Run run) {
		StringBuilder story = new StringBuilder();
		run.choices.forEach((choice) -> story.append("  at step ").append(choice).append('\n'));
		World world = new World();
		try {
			perform(world, run, story, false);
		}
		catch (AssertionError | RuntimeException ex) {
			// The one that is told.
		}
		world.instances.forEach((instance) -> story.append(instance)
			.append(instance.alive() ? " " + instance.phase() : " ended with " + instance.exitCode())
			.append('\n')
			.append(instance.journal().indent(4)));
		return story.toString();
	}

	private void play(Run run) {
		World world = new World();
		Judge judge = perform(world, run, null, true);
		if (this.ends.add(Fingerprint.of(world))) {
			judge.end();
		}
	}

	private Judge perform(World world, Run run, @Nullable StringBuilder story, boolean branches) {
		Deque<Plot.Act> acts = new ArrayDeque<>(this.plot.begin(world));
		Judge judge = new Judge(world);
		int choice = 0;
		Duration last = world.now();
		for (int step = 0; step < MAX_STEPS; step++) {
			Plot.Act act = acts.peek();
			List<Step> next = world.steps(world.now().plus(END));
			boolean timePasses = !next.isEmpty() && next.get(next.size() - 1).name().equals(World.TIME_PASSES);
			boolean idle = next.size() == (timePasses ? 1 : 0);
			boolean over = idle && act == null
					&& (!timePasses || world.now().minus(last).compareTo(END) >= 0 || judge.isQuiet());
			if (over) {
				return judge;
			}
			Step chosen;
			boolean surprise = choice < run.choices.size() && run.choices.get(choice).step == step;
			if (surprise) {
				Choice made = run.choices.get(choice++);
				List<Option> options = options(world, next, timePasses, act, judge);
				Option option = options.get(made.option);
				chosen = option.step;
				judge.surprise(option);
				last = world.now();
			}
			else {
				if (branches && choice == run.choices.size()) {
					branch(world, run, step, next, timePasses, act, judge);
				}
				chosen = (idle && act != null) ? new Step(act.name(), act.action()) : next.get(0);
			}
			if (act != null && chosen.name().equals(act.name())) {
				acts.remove();
				last = world.now();
			}
			if (story != null) {
				story.append("%8d ms %s%n".formatted(world.now().toMillis() - Duration.ofDays(1).toMillis(), chosen));
			}
			Duration before = world.now();
			chosen.action().run();
			world.check();
			judge.step(surprise ? Duration.ZERO : world.now().minus(before));
		}
		throw new AssertionError("It never ends");
	}

	private void branch(World world, Run run, int step, List<Step> next, boolean timePasses, Plot.@Nullable Act act,
			Judge judge) {
		if (run.delays == 0 && run.faults == 0) {
			return;
		}
		long state = Fingerprint.of(world) * 31 + ((act != null) ? act.name().hashCode() : 0);
		this.states.add(state);
		if (!this.tried.add(state * 31 + run.delays * 8L + run.faults)) {
			return;
		}
		List<Option> options = options(world, next, timePasses, act, judge);
		for (int i = 0; i < options.size(); i++) {
			Option option = options.get(i);
			if (option.fault ? run.faults > 0 : run.delays > 0) {
				List<Choice> choices = new ArrayList<>(run.choices);
				choices.add(new Choice(step, i, option.step.name()));
				this.left
					.push(new Run(choices, run.delays - (option.fault ? 0 : 1), run.faults - (option.fault ? 1 : 0)));
			}
		}
	}

	/**
	 * All that could happen and is a surprise.
	 */
	private List<Option> options(World world, List<Step> next, boolean timePasses, Plot.@Nullable Act act,
			Judge judge) {
		List<Option> options = new ArrayList<>();
		int other = next.size() - (timePasses ? 1 : 0);
		for (int i = 1; i < other; i++) {
			options.add(new Option(next.get(i), false, false));
		}
		if (act != null && other > 0 && act.isPossible().getAsBoolean()) {
			options.add(new Option(new Step(act.name(), act.action()), false, false));
		}
		List<Duration> moments = world.moments();
		for (int i = (other > 0) ? 0 : 1; i < moments.size(); i++) {
			Duration moment = moments.get(i);
			options.add(
					new Option(new Step("nothing happens until timer " + i, () -> world.jumpTo(moment)), false, false));
		}
		this.faults.add(world, judge, options);
		return options;
	}

	/**
	 * A surprise.
	 *
	 * @param step what happens
	 * @param fault whether it is a fault, and not a delay
	 * @param harmful whether it can cost a connection
	 */
	record Option(Step step, boolean fault, boolean harmful) {
	}

	/**
	 * A choice that a run makes.
	 */
	private record Choice(int step, int option, String name) {

		@Override
		public String toString() {
			return this.step + ": " + this.name;
		}

	}

	/**
	 * A run that makes some choices, and how many surprises may follow.
	 */
	private record Run(List<Choice> choices, int delays, int faults) {
	}

	/**
	 * What was explored.
	 *
	 * @param plot the plot
	 * @param runs how often it was run
	 * @param states how many states were seen in which a surprise was possible
	 * @param ends how many states it ended in
	 */
	record Result(String plot, long runs, int states, int ends) {

		@Override
		public String toString() {
			return "%s: %,d runs, %,d states, %,d ends".formatted(this.plot, this.runs, this.states, this.ends);
		}

	}

}
