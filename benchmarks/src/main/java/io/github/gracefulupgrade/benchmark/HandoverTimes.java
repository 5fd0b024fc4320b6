package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;

/**
 * Many upgrades in a row, on an idle machine and on a saturated one: how long from the
 * signal until a client had an answer of the successor.
 */
final class HandoverTimes {

	/**
	 * How long a successor waits before the signal, and how long there is load by then.
	 */
	private static final long SETTLE_MILLIS = 2000;

	/** Requests per second on an idle machine: the time is known to 2 ms. */
	private static final double PROBES = 500;

	private static final Pattern ACCEPTS = Pattern.compile("Handed over: successor .* accepts, (\\d+) (ms|s) after");

	private final Options options;

	private final Path out;

	HandoverTimes(Options options, Path out) {
		this.options = options;
		this.out = out;
	}

	void run() throws Exception {
		String name = AotCache.reportName("handover", this.options);
		Markdown report = Machine.report("Handover time", this.options);
		String warmUp = this.options.text("warm-up");
		report.row("warm-up", (warmUp != null) ? "`" + warmUp + "`" : "20 requests, as the sample has it");
		Application sample = AotCache.ofUpgrades(this.options);
		if (warmUp != null) {
			sample = sample.args(warmUp.split(" "));
		}
		List<Time> idle = upgrades(sample, "idle");
		List<Time> saturated = upgrades(sample, "saturated");
		report.line("")
			.line("From SIGQUIT until a client has the first answer of the successor. *Idle*: %.0f requests per second, each on a fresh connection, and nothing else.",
					PROBES)
			.line("*Saturated*: 32 keep-alive connections and 4 clients with fresh ones, each of which sends as soon as it has its answer. The new version had been")
			.line("waiting for %.0f s.", SETTLE_MILLIS / 1e3)
			.line("")
			.line("![Handover times](%s.svg)", name)
			.line("")
			.header("machine", "until", "upgrades", "min", "median", "p90", "max", "median wanted", "all, in ms");
		row(report, "idle", "the successor accepts", accepts(idle), "");
		row(report, "idle", "its first answer", answers(idle), "at most 20");
		row(report, "saturated", "the successor accepts", accepts(saturated), "");
		row(report, "saturated", "its first answer", answers(saturated), "at most 100");
		report.line("")
			.line("How long the first request took that was sent to the successor, from when it was due, and the median of those of its kind before the signal:")
			.line("")
			.header("machine", "first, ms", "median before, ms", "median ratio", "wanted", "all ratios");
		firstRow(report, "idle", idle);
		firstRow(report, "saturated", saturated);
		report.line("")
			.line("*Accepts* is what the incumbent logs. Between the two times, both accept, and it is up to the kernel which of them gets a connection.");
		strips(answers(idle), answers(saturated)).write(this.out.resolve(name + ".svg"));
		report.write(this.out.resolve(name + ".md"));
	}

	private static List<Double> accepts(List<Time> times) {
		return times.stream().map(Time::accepts).toList();
	}

	private static List<Double> answers(List<Time> times) {
		return times.stream().map(Time::answers).toList();
	}

	private static void row(Markdown report, String name, String until, List<Double> times, String wanted) {
		report.row(name, until, times.size(), Markdown.millis(Statistics.percentile(times, 0)),
				Markdown.millis(Statistics.median(times)), Markdown.millis(Statistics.percentile(times, 0.9)),
				Markdown.millis(Statistics.percentile(times, 1)), wanted,
				String.join(", ", times.stream().map(Markdown::millis).toList()));
	}

	private static void firstRow(Markdown report, String name, List<Time> times) {
		List<Double> ratios = times.stream().map(Time::firstRatio).toList();
		report.row(name, "%.2f".formatted(Statistics.median(times.stream().map(Time::first).toList())),
				"%.2f".formatted(Statistics.median(times.stream().map(Time::steadyMedian).toList())),
				"%.1f".formatted(Statistics.median(ratios)), "at most 2",
				String.join(", ", ratios.stream().map("%.1f"::formatted).toList()));
	}

	private List<Time> upgrades(Application sample, String kind) throws Exception {
		Application application = SampleApplication.upgradable(sample, "--pingora.close-timeout=2s");
		List<Time> times = new ArrayList<>();
		Instance incumbent = application.start().awaitServing();
		try {
			for (int i = 0; i < this.options.number("upgrades", 20); i++) {
				Instance successor = SampleApplication.startSuccessor(application);
				int port = successor.port();
				try (Load load = kind.equals("idle") ? Load.open(port, 0, 8, PROBES) : Load.saturating(port, 32, 4)) {
					times.add(handover(incumbent, successor, load));
				}
				Time time = times.get(i);
				Main.say("%s: accepts after %s ms, answers after %s ms; first request %.2f ms, median %.2f ms (x %.1f)",
						kind, Markdown.millis(time.accepts()), Markdown.millis(time.answers()), time.first(),
						time.steadyMedian(), time.firstRatio());
				incumbent.close();
				incumbent = successor;
			}
		}
		finally {
			incumbent.close();
		}
		return times;
	}

	private static Time handover(Instance incumbent, Instance successor, Load load)
			throws IOException, InterruptedException {
		ArmedSignal signal = new ArmedSignal("QUIT", incumbent.pid());
		Thread.sleep(SETTLE_MILLIS);
		long signalledAt = signal.send();
		incumbent.awaitExit();
		MatchResult accepts = incumbent.awaitLog(ACCEPTS, Instance.PATIENCE);
		List<Sample> samples = load.stop().samples();
		List<Sample> answered = samples.stream()
			.filter((sample) -> sample.answered() && sample.pid() == successor.pid())
			.sorted(Comparator.comparingLong(Sample::beganAt))
			.toList();
		// The one that was sent first need not be the one that was answered first.
		Sample first = answered.get(0);
		long answeredAt = answered.stream().mapToLong(Sample::endedAt).min().orElseThrow();
		double steadyMedian = Latencies
			.of(samples, (sample) -> sample.fresh() == first.fresh() && sample.endedAt() < signalledAt)
			.millis(50);
		return new Time(Double.parseDouble(accepts.group(1)) * (accepts.group(2).equals("s") ? 1000 : 1),
				(answeredAt - signalledAt) / 1e6, first.latency() / 1e6, steadyMedian);
	}

	/** A dot for each upgrade, on a logarithmic axis from 1 ms to 10 s. */
	private static Svg strips(List<Double> idle, List<Double> saturated) {
		Svg svg = new Svg(720, 170);
		svg.title(16, 24, "From SIGQUIT to the first answer of the successor");
		for (int decade = 0; decade <= 4; decade++) {
			double x = x(Math.pow(10, decade));
			svg.line(x, 40, x, 140, Svg.GRID, 1);
			svg.text(x, 156, "middle", 11, Svg.DULL,
					(decade < 3) ? (int) Math.pow(10, decade) + " ms" : (int) Math.pow(10, decade - 3) + " s");
		}
		strip(svg, 65, "idle", Svg.OLD, idle);
		strip(svg, 115, "saturated", Svg.NEW, saturated);
		return svg;
	}

	private static void strip(Svg svg, double y, String label, String colour, List<Double> times) {
		svg.text(90, y + 4, "end", 12, Svg.INK, label);
		for (int i = 0; i < times.size(); i++) {
			// Moved up and down a little, so that equal ones are seen.
			svg.dot(x(times.get(i)), y + (i % 5 - 2) * 4, 4, colour);
		}
		double median = Statistics.median(times);
		svg.line(x(median), y - 16, x(median), y + 16, Svg.INK, 1.5);
		svg.text(x(median), y - 18, "middle", 10, Svg.INK, "median " + Markdown.millis(median) + " ms");
	}

	private static double x(double millis) {
		return 110 + 570 * Math.min(4, Math.log10(Math.max(1, millis))) / 4;
	}

	/**
	 * One upgrade.
	 *
	 * @param accepts milliseconds until the successor accepts, as the incumbent logs
	 * @param answers milliseconds until a client has an answer of it
	 * @param first milliseconds that the request took that was sent to it first, from
	 * when it was due
	 * @param steadyMedian the median of requests of its kind before the signal
	 */
	private record Time(double accepts, double answers, double first, double steadyMedian) {

		double firstRatio() {
			return this.first / this.steadyMedian;
		}

	}

}
