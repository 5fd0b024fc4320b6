package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.github.gracefulupgrade.benchmark.Contender.Unavailable;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;

/**
 * What the starter costs while nothing happens: the sample with it and without, in pairs.
 * Starts and memory are of instances that are alone; latency, throughput and processor
 * time of a pair that lives at the same time and is loaded by turns.
 */
final class Overhead {

	private static final Pattern WRK = Pattern.compile("Requests/sec:\\s+([0-9.]+)");

	private static final int BURSTS = 6;

	private static final double RATE_ALONE = 2000;

	/** The requests before memory is measured. The rehearsal is over after them. */
	private static final int REQUESTS_ALONE = 16_000;

	private static final double LOW_RATE = 200;

	private final Options options;

	private final Path out;

	private final int seconds;

	private Application with = SampleApplication.inert();

	private Application without = SampleApplication.inert();

	Overhead(Options options, Path out) {
		this.options = options;
		this.out = out;
		this.seconds = options.number("seconds", 5);
	}

	void run() throws Exception {
		Markdown report = Machine.report("What it costs while nothing happens", this.options);
		Path folder = Scratch.newFolder();
		this.with = SampleApplication.inert(AotCache.ofStarts(this.options, SampleApplication.JAR))
			.upgradeSocket(folder.resolve("upgrade.sock"));
		this.without = SampleApplication.inert(AotCache.ofStarts(this.options, BareSample.make(folder)));
		Costs with = new Costs(true);
		Costs without = new Costs(false);
		for (int i = 0; i < this.options.number("pairs", 10); i++) {
			measure((i % 2 == 0) ? with : without, (i % 2 == 0) ? without : with);
			Main.say("with    %s%nwithout %s", with, without);
		}
		write(report, without, with);
	}

	private void write(Markdown report, Costs without, Costs with) throws IOException {
		report.line("")
			.line("The sample application with the starter and `pingora.upgrade-sock`, and without it: the same jar, in which nothing makes Spring Boot find the starter.")
			.line("Start and memory: %d pairs of instances, each alone on the machine. The rest: %d pairs that live at the same time and are loaded by turns, in short bursts.",
					with.start.size(), with.throughput.size())
			.line("Which of a pair is first alternates. The difference and the ratio are those of the pairs, and need not be those of the medians beside them.")
			.line("Memory is measured after %d requests and a full collection. After its rehearsal the starter has had the C library give back what was free; for what is *settled*, both were told to right before (`jcmd System.trim_native_heap`).",
					REQUESTS_ALONE)
			.line("")
			.header("", "without, median", "with, median", "of the pairs, median", "mean ± standard error", "wanted");
		difference(report, "start until the first answer, ms", without, with, (costs) -> costs.start, "at most +100");
		difference(report, "resident memory, MB", without, with, (costs) -> costs.memory, "at most +10");
		difference(report, "the same, settled, MB", without, with, (costs) -> costs.settled, "");
		ratio(report, "p50 at %.0f requests per second, ms".formatted(LOW_RATE), without, with, (costs) -> costs.p50,
				"");
		ratio(report, "p99, ms", without, with, (costs) -> costs.p99, "");
		ratio(report, "processor time per request, saturated, us", without, with, (costs) -> costs.processor, "");
		ratio(report, "requests per second, saturated", without, with, (costs) -> costs.throughput, "at least 0.99");
		report.line("").line("With less without, or with ÷ without, pair by pair:").line("");
		pairs(report, "start, ms", without, with, (costs) -> costs.start, (a, b) -> a - b, "%+.0f");
		pairs(report, "resident memory, MB", without, with, (costs) -> costs.memory, (a, b) -> a - b, "%+.1f");
		pairs(report, "settled, MB", without, with, (costs) -> costs.settled, (a, b) -> a - b, "%+.1f");
		pairs(report, "processor time", without, with, (costs) -> costs.processor, (a, b) -> a / b, "%.3f");
		pairs(report, "requests per second", without, with, (costs) -> costs.throughput, (a, b) -> a / b, "%.3f");
		report.write(this.out.resolve(AotCache.reportName("overhead", this.options) + ".md"));
	}

	private static void difference(Markdown report, String name, Costs without, Costs with,
			Function<Costs, List<Double>> cost, String wanted) {
		row(report, name, without, with, cost, (a, b) -> a - b, "%+,.1f", wanted);
	}

	private static void ratio(Markdown report, String name, Costs without, Costs with,
			Function<Costs, List<Double>> cost, String wanted) {
		row(report, name, without, with, cost, (a, b) -> a / b, "%.3f", wanted);
	}

	private static void row(Markdown report, String name, Costs without, Costs with, Function<Costs, List<Double>> cost,
			BiFunction<Double, Double, Double> relation, String format, String wanted) {
		List<Double> each = each(cost.apply(with), cost.apply(without), relation);
		report.row(name, "%,.2f".formatted(Statistics.median(cost.apply(without))),
				"%,.2f".formatted(Statistics.median(cost.apply(with))), format.formatted(Statistics.median(each)),
				format.formatted(Statistics.mean(each)) + " ± "
						+ format.replace("+", "").formatted(Statistics.standardError(each)),
				wanted);
	}

	private static void pairs(Markdown report, String name, Costs without, Costs with,
			Function<Costs, List<Double>> cost, BiFunction<Double, Double, Double> relation, String format) {
		report.line("* %s: %s", name,
				each(cost.apply(with), cost.apply(without), relation).stream()
					.map((value) -> String.format(Locale.ROOT, format, value))
					.collect(Collectors.joining(", ")));
	}

	private static List<Double> each(List<Double> with, List<Double> without,
			BiFunction<Double, Double, Double> relation) {
		List<Double> values = new ArrayList<>();
		for (int i = 0; i < with.size(); i++) {
			values.add(relation.apply(with.get(i), without.get(i)));
		}
		return values;
	}

	private void measure(Costs first, Costs second) throws Exception {
		// A trend of the machine meets both.
		for (Costs alone : List.of(first, second, second, first)) {
			measureAlone(alone);
		}
		try (Subject one = start(first); Subject other = start(second)) {
			measureTogether(one, other);
		}
	}

	private Subject start(Costs costs) throws Exception {
		return new Subject(costs, (costs.starter ? this.with : this.without).onFreePort());
	}

	private void measureAlone(Costs costs) throws Exception {
		try (Subject subject = start(costs)) {
			costs.start.add(subject.start);
			load(subject, RATE_ALONE, (int) (REQUESTS_ALONE / RATE_ALONE));
			costs.memory.add(SampleApplication.settledMemory(subject.instance));
			Commands.firstLine("jcmd", Long.toString(subject.instance.pid()), "System.trim_native_heap");
			costs.settled.add(subject.instance.residentMemory() / 1e6);
		}
	}

	private void measureTogether(Subject first, Subject second) throws Exception {
		for (Subject subject : List.of(first, second, second, first)) {
			throughput(subject); // warm up
		}
		for (Subject subject : List.of(first, second)) {
			Latencies latencies = load(subject, LOW_RATE, this.seconds);
			subject.costs.p50.add(latencies.millis(50));
			subject.costs.p99.add(latencies.millis(99));
		}
		Map<Subject, Burst> sums = new HashMap<>();
		for (int i = 0; i < BURSTS; i++) {
			for (Subject subject : (i % 2 == 0) ? List.of(first, second) : List.of(second, first)) {
				sums.merge(subject, throughput(subject), Burst::plus);
			}
		}
		sums.forEach((subject, sum) -> {
			subject.costs.throughput.add(sum.rate / BURSTS);
			subject.costs.processor.add(sum.processorSeconds * 1e6 / (sum.rate * this.seconds));
		});
	}

	private static Latencies load(Subject subject, double rate, int seconds) throws Exception {
		try (Load load = Load.open(subject.instance.port(), 16, 0, rate)) {
			Thread.sleep(seconds * 1000L);
			return Latencies.of(load.stop().samples(), (sample) -> true);
		}
	}

	private Burst throughput(Subject subject) throws Exception {
		double before = subject.processorSeconds();
		double rate = saturate(subject.instance.port());
		return new Burst(rate, subject.processorSeconds() - before);
	}

	/** By wrk, which takes less of the machine; by our own client where there is none. */
	private double saturate(int port) throws Exception {
		try {
			Matcher matcher = WRK.matcher(Commands.run(Path.of("."), this.seconds + 20, Map.of(), "wrk", "-t1", "-c32",
					"-d" + this.seconds, "http://127.0.0.1:" + port + "/"));
			if (!matcher.find()) {
				throw new IOException("wrk does not say how many");
			}
			return Double.parseDouble(matcher.group(1));
		}
		catch (Unavailable ex) {
			return Load.saturate(port, 32, 0, this.seconds);
		}
	}

	/**
	 * What a saturated instance did.
	 *
	 * @param rate requests per second
	 * @param processorSeconds what it took of the processors
	 */
	private record Burst(double rate, double processorSeconds) {

		Burst plus(Burst other) {
			return new Burst(this.rate + other.rate, this.processorSeconds + other.processorSeconds);
		}

	}

	/**
	 * What was measured of the one kind of instances, in the order of the pairs.
	 */
	private static final class Costs {

		private final boolean starter;

		/** Milliseconds from the start to the first answer, alone. */
		private final List<Double> start = new ArrayList<>();

		/** Resident memory in MB after some load and a collection, alone. */
		private final List<Double> memory = new ArrayList<>();

		/** The same when unused native memory is given back. */
		private final List<Double> settled = new ArrayList<>();

		/** Milliseconds. */
		private final List<Double> p50 = new ArrayList<>();

		private final List<Double> p99 = new ArrayList<>();

		/** Requests per second. */
		private final List<Double> throughput = new ArrayList<>();

		/** Microseconds per request. */
		private final List<Double> processor = new ArrayList<>();

		Costs(boolean starter) {
			this.starter = starter;
		}

		@Override
		public String toString() {
			return "start %.0f ms, memory %.1f, settled %.1f MB, p50 %.2f ms, p99 %.2f ms, %.0f/s, %.2f us".formatted(
					last(this.start), last(this.memory), last(this.settled), last(this.p50), last(this.p99),
					last(this.throughput), last(this.processor));
		}

		private static double last(List<Double> values) {
			return values.get(values.size() - 1);
		}

	}

	/**
	 * A running instance.
	 */
	private static final class Subject implements AutoCloseable {

		/** Of a clock of the kernel's, the same on all systems: sysconf(_SC_CLK_TCK). */
		private static final double TICKS_PER_SECOND = 100;

		private final Costs costs;

		private final Instance instance;

		private final double start;

		Subject(Costs costs, Application application) throws Exception {
			this.costs = costs;
			long began = System.nanoTime();
			this.instance = application.start();
			while (!answers(this.instance.port())) {
				if (!this.instance.isAlive()) {
					this.instance.awaitServing();
				}
				Thread.sleep(2);
			}
			this.start = (System.nanoTime() - began) / 1e6;
			this.instance.awaitServing();
		}

		private static boolean answers(int port) {
			// From another address: a socket that connects to a port on which nobody
			// listens yet may get that port as its own, and reach itself.
			try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName("127.0.0.2"),
					0)) {
				socket.getOutputStream()
					.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
				return socket.getInputStream().read() > 0;
			}
			catch (IOException ex) {
				return false;
			}
		}

		/** The 14th and 15th field of /proc/pid/stat; the second may contain anything. */
		double processorSeconds() throws IOException {
			String stat = Files.readString(Path.of("/proc", Long.toString(this.instance.pid()), "stat"));
			String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
			return (Long.parseLong(fields[14 - 3]) + Long.parseLong(fields[15 - 3])) / TICKS_PER_SECOND;
		}

		@Override
		public void close() {
			this.instance.close();
		}

	}

}
