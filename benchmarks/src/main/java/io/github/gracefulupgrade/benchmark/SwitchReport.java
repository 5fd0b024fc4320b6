package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Tables and a plot of what users felt of switches.
 */
final class SwitchReport {

	/** What the latencies after the switch may come to, with a warm-up. */
	private static final double MOST_P99 = 1.5;

	private static final double MOST_FIRST = 2;

	private static final int FIRST = 20;

	private final Markdown report;

	private final double capacity;

	private final List<SwitchRun> warm;

	private final List<SwitchRun> cold;

	SwitchReport(Markdown report, double capacity, List<SwitchRun> runs) {
		this.report = report;
		this.capacity = capacity;
		this.warm = runs.stream().filter(SwitchRun::warmUp).toList();
		this.cold = runs.stream().filter((run) -> !run.warmUp()).toList();
	}

	void write(Path folder, String name) throws IOException {
		this.report.row("capacity", "%,.0f requests per second, measured first".formatted(this.capacity))
			.row("load",
					"%,.0f requests per second, half of it: on %d keep-alive connections and by %d clients with a fresh connection for each"
						.formatted(this.capacity / 2, SwitchLatencies.KEEP_ALIVE, SwitchLatencies.FRESH))
			.row("upgrades", "%d with this warm-up, %d without, by turns".formatted(this.warm.size(), this.cold.size()))
			.line("");
		summary();
		this.report.line("![Latency across the switch](%s.svg)", name)
			.line("")
			.line("Of each kind the upgrade with the median ratio. A dot is a request, at the time when it was due.")
			.line("");
		method();
		each();
		seconds();
		plot().write(folder.resolve(name + ".svg"));
		this.report.write(folder.resolve(name + ".md"));
	}

	private void summary() {
		this.report.header("medians", "with warm-up", "without", "wanted, with warm-up");
		row("steady p99, ms", SwitchRun::steadyP99, "");
		row("p99 within %d s after the switch, ms".formatted(SwitchLatencies.SECONDS), SwitchRun::afterP99, "");
		row("**after ÷ steady p99**", SwitchRun::ratio, wanted(MOST_P99, SwitchRun::ratio));
		row("steady median of requests such as the first one, ms", SwitchRun::steadyMedian, "");
		row("first request that the successor answers, ms", SwitchRun::firstMillis, "");
		row("**first request ÷ steady median**", SwitchRun::firstRatio, wanted(MOST_FIRST, SwitchRun::firstRatio));
		row("longest of its first %d, ms".formatted(FIRST), (run) -> run.longestOfFirst(FIRST), "");
		row("p99 while the new version starts, before all this, ms", (run) -> run.starting().millis(99), "");
		this.report.row("not answered, all upgrades", this.warm.stream().mapToLong(SwitchRun::failed).sum(),
				this.cold.stream().mapToLong(SwitchRun::failed).sum(), "");
		this.report.line("");
	}

	private void row(String name, ToDoubleFunction<SwitchRun> value, String wanted) {
		this.report.row(name, number(median(this.warm, value)), number(median(this.cold, value)), wanted);
	}

	private String wanted(double most, ToDoubleFunction<SwitchRun> value) {
		return "at most %.1f: %s".formatted(most, (median(this.warm, value) <= most) ? "yes" : "**no**");
	}

	private void method() {
		this.report.line("## How it was measured")
			.line("")
			.line("The old version has been under load from %d clients that never pause for %d s before each upgrade. Then the open loop begins, and the new version is",
					SwitchLatencies.KEEP_ALIVE + SwitchLatencies.FRESH, SwitchLatencies.HEAT_SECONDS)
			.line("started, under that load. *Steady* are %d s that begin %d s after it said that it waits: the start of a JVM is no part of it, and has a row of its own.",
					SwitchLatencies.SECONDS, SwitchLatencies.SETTLE_SECONDS)
			.line("The switch is SIGQUIT. In the %d s after it lie both ways to the new version: it accepts, and %s later the kept connections move to it.",
					SwitchLatencies.SECONDS, "`pingora.close-timeout` (5 s)")
			.line("")
			.line("A request's latency counts from when it was due, whatever became of those before it, and none is left out because the load was late. The load runs on the same")
			.line("processors and takes its share of them, when the capacity is measured, too: it is what server and load can do together. How late the load was is below.")
			.line("What it is late by, is in all latencies.")
			.line("");
	}

	private void each() {
		this.report.line("## Each upgrade")
			.line("")
			.line("In the order of the runs of each kind; times in ms. *First*: kept or fresh connection. *Late*: from when a request was due until it was sent, p50 and p99 of the steady state.")
			.line("*Processors*: taken by the load and the old version in the steady state, and by the new version in the %d s after the switch.",
					SwitchLatencies.SECONDS)
			.line("")
			.header("warm-up", "steady p50", "steady p99", "after p50", "after p99", "ratio", "first", "steady median",
					"ratio", "late", "processors: load, old, new", "not answered");
		for (List<SwitchRun> kind : List.of(this.warm, this.cold)) {
			kind.forEach((run) -> this.report.row(run.warmUp() ? "yes" : "no", number(run.run().steady().millis(50)),
					number(run.steadyP99()), number(run.run().after().millis(50)), number(run.afterP99()),
					number(run.ratio()), number(run.firstMillis()) + (run.first().fresh() ? " fresh" : " kept"),
					number(run.steadyMedian()), number(run.firstRatio()),
					number(run.lateness(50)) + ", " + number(run.lateness(99)),
					number(run.loadTook()) + ", " + number(run.oldTook()) + ", " + number(run.newTook()),
					run.failed()));
		}
		this.report.line("");
	}

	private void seconds() {
		this.report.line("## Second by second")
			.line("")
			.line("p99 in ms of the requests that were due in each second, medians of the upgrades; the switch is at 0.")
			.line("")
			.line("| second | %s |", cells(String::valueOf))
			.line("|%s", "---|".repeat(3 + SwitchLatencies.SECONDS))
			.line("| with warm-up | %s |", cells((second) -> number(median(this.warm, (run) -> run.p99(second)))))
			.line("| without | %s |", cells((second) -> number(median(this.cold, (run) -> run.p99(second)))));
	}

	private static String cells(IntFunction<String> cell) {
		return IntStream.range(-2, SwitchLatencies.SECONDS).mapToObj(cell).collect(Collectors.joining(" | "));
	}

	private Svg plot() {
		Svg svg = new Svg(2 * LatencyPlot.WIDTH, 44 + LatencyPlot.HEIGHT);
		LatencyPlot.legend(svg);
		LatencyPlot.draw(svg, 0, 40, "with warm-up", typical(this.warm), 4, SwitchLatencies.SECONDS);
		LatencyPlot.draw(svg, LatencyPlot.WIDTH, 40, "without", typical(this.cold), 4, SwitchLatencies.SECONDS);
		return svg;
	}

	private static Run typical(List<SwitchRun> runs) {
		List<SwitchRun> sorted = runs.stream().sorted(Comparator.comparingDouble(SwitchRun::ratio)).toList();
		return sorted.get((sorted.size() - 1) / 2).run();
	}

	private static double median(List<SwitchRun> runs, ToDoubleFunction<SwitchRun> value) {
		return Statistics.median(runs.stream().map(value::applyAsDouble).toList());
	}

	private static String number(double value) {
		return String.format(Locale.ROOT, (value < 10) ? "%.2f" : "%,.1f", value);
	}

}
