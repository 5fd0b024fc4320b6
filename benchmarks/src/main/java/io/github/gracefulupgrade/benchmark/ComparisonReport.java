package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Tables and plots of a comparison.
 */
final class ComparisonReport {

	private final Options options;

	private final Markdown report;

	private final String load;

	private final Map<Contender, String> versions;

	private final Map<String, String> missing;

	private final Map<Contender, List<Run>> runs;

	ComparisonReport(Options options, Markdown report, String load, Map<Contender, String> versions,
			Map<String, String> missing, Map<Contender, List<Run>> runs) {
		this.options = options;
		this.report = report;
		this.load = load;
		this.versions = versions;
		this.missing = missing;
		this.runs = runs;
	}

	void write(Path folder) throws Exception {
		Markdown report = this.report;
		report.row("load", this.load)
			.row("runs", "%s of each, in turn".formatted(this.options.text("rounds", "3")))
			.line("")
			.line("The load is an open loop: each request has its time, and its latency counts from then, so a stall counts for all that it held up.")
			.line("No client repeats anything. The servers answer a short JSON text themselves, so their absolute latencies are those of different programs; what")
			.line("compares is what the switch changes. How to repeat it: [benchmarks/README.md](../../benchmarks/README.md).")
			.line("")
			.line("![Latency across the switch](latency.svg)")
			.line("")
			.line("Of each system the run with the median p99 after the switch. A dot is a request, at the time when it was due.")
			.line("");
		failures(report);
		latencies(report);
		handover(report);
		systems(report);
		latencyPlots().write(folder.resolve("latency.svg"));
		failureBars().write(folder.resolve("failures.svg"));
		handoverBars().write(folder.resolve("handover-times.svg"));
		report.write(folder.resolve("report.md"));
	}

	private void failures(Markdown report) {
		report.line("## Requests without an answer")
			.line("")
			.line("![Requests without an answer](failures.svg)")
			.line("")
			.header("system", "requests", "lost, run by run", "refused, run by run", "reconnects without harm");
		this.runs.forEach((contender, list) -> report.row(contender.name(),
				list.stream().mapToLong((run) -> run.samples().size()).sum(), each(list, Fate.LOST),
				each(list, Fate.REFUSED),
				list.stream()
					.map((run) -> Integer.toString(run.load().reconnects()))
					.collect(Collectors.joining(", "))));
		report.line("")
			.line("Lost: sent on a connection, and no response came. Refused: nobody to connect to. A reconnect without harm: the server closed a kept connection")
			.line("after a response that said so, or while no request was on its way.")
			.line("");
	}

	private static String each(List<Run> runs, Fate fate) {
		return runs.stream().map((run) -> "%,d".formatted(run.load().count(fate))).collect(Collectors.joining(", "));
	}

	private void latencies(Markdown report) {
		report.line("## Latency")
			.line("")
			.line("Milliseconds, medians of the runs. *Steady* is before anything is done, *prepare* while the new version starts beside the old one, *after* within 10 s")
			.line("from the switch. *Silence* is the longest time after the switch in which no client got any answer.")
			.line("Requests that were lost or refused have no latency, and are not in here.")
			.line("")
			.header("system", "steady p50", "steady p99", "prepare p99", "after p50", "after p99", "after max",
					"after ÷ steady p99", "silence");
		this.runs.forEach((contender, list) -> report.row(contender.name(),
				millis(list, (run) -> run.steady().millis(50)), millis(list, (run) -> run.steady().millis(99)),
				millis(list, (run) -> run.preparing().millis(99)), millis(list, (run) -> run.after().millis(50)),
				millis(list, (run) -> run.after().millis(99)), millis(list, (run) -> run.after().maxMillis()),
				"%.1f".formatted(median(list, (run) -> run.after().millis(99) / run.steady().millis(99))),
				millis(list, Run::longestSilenceMillis)));
		report.line("");
	}

	private void handover(Markdown report) {
		report.line("## Handover")
			.line("")
			.line("![Handover time](handover-times.svg)")
			.line("")
			.line("Milliseconds from the switch, medians of the runs. Where the new version is started by the switch, its start is part of it.")
			.line("")
			.header("system", "first answer of the new version", "last answer of the old one", "the switch");
		this.runs.forEach((contender, list) -> report.row(contender.name(), firstNew(list),
				millis(list, Run::lastOldMillis), contender.procedure()));
		report.line("");
	}

	private static String firstNew(List<Run> runs) {
		double first = median(runs, Run::firstNewMillis);
		return (first < 0) ? "before it" : Markdown.millis(first);
	}

	private void systems(Markdown report) {
		report.line("## Systems").line("").header("system", "version");
		this.versions.forEach((contender, version) -> report.row(contender.name(), version));
		this.missing.forEach((name, reason) -> report.row(name, "**not measured**: " + reason));
		report.line("");
	}

	private Svg latencyPlots() {
		int rows = (this.runs.size() + 1) / 2;
		Svg svg = new Svg(2 * LatencyPlot.WIDTH, 44 + rows * LatencyPlot.HEIGHT);
		LatencyPlot.legend(svg);
		int i = 0;
		int before = this.options.number("before", 4);
		int after = this.options.number("after", 10);
		for (Map.Entry<Contender, List<Run>> entry : this.runs.entrySet()) {
			LatencyPlot.draw(svg, i % 2 * LatencyPlot.WIDTH, 40 + i / 2 * LatencyPlot.HEIGHT, entry.getKey().name(),
					typical(entry.getValue()), before, after);
			i++;
		}
		return svg;
	}

	private static Run typical(List<Run> runs) {
		List<Run> sorted = runs.stream()
			.sorted(Comparator.comparingDouble((Run run) -> run.after().millis(99)))
			.toList();
		return sorted.get((sorted.size() - 1) / 2);
	}

	private Svg failureBars() {
		BarChart chart = new BarChart("Requests without an answer, mean of the runs (logarithmic)");
		this.runs.forEach((contender, list) -> {
			double lost = mean(list, Fate.LOST);
			double refused = mean(list, Fate.REFUSED);
			chart.bar(contender.name(), lost + refused, Svg.BAD, (lost + refused == 0) ? "0"
					: "%s lost, %s refused".formatted(Markdown.millis(lost), Markdown.millis(refused)));
		});
		return chart.draw();
	}

	private static double mean(List<Run> runs, Fate fate) {
		return runs.stream().mapToLong((run) -> run.load().count(fate)).average().orElse(0);
	}

	private Svg handoverBars() {
		BarChart chart = new BarChart("From the switch to the first answer of the new version (logarithmic)");
		this.runs.forEach((contender, list) -> {
			double first = median(list, Run::firstNewMillis);
			chart.bar(contender.name(), Math.max(0, first), Svg.NEW,
					(first < 0) ? "serves before it" : Markdown.millis(first) + " ms");
		});
		return chart.draw();
	}

	private static String millis(List<Run> runs, ToDoubleFunction<Run> value) {
		return Markdown.millis(median(runs, value));
	}

	private static double median(List<Run> runs, ToDoubleFunction<Run> value) {
		return Statistics.median(runs.stream().map(value::applyAsDouble).toList());
	}

}
