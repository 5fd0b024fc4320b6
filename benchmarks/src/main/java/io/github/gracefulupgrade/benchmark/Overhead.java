package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.github.gracefulupgrade.benchmark.Contender.Unavailable;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;

/**
 * What the starter costs while nothing happens: the sample with it and without, in pairs
 * that live at the same time and are loaded by turns.
 */
final class Overhead {

	private static final Pattern WRK = Pattern.compile("Requests/sec:\\s+([0-9.]+)");

	private static final int BURSTS = 4;

	private static final double EQUAL_RATE = 1000;

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
		this.with = SampleApplication.inert().upgradeSocket(folder.resolve("upgrade.sock"));
		this.without = SampleApplication.inert(Application.jar(BareSample.make(folder)));
		List<Cost> with = new ArrayList<>();
		List<Cost> without = new ArrayList<>();
		for (int i = 0; i < this.options.number("pairs", 10); i++) {
			boolean withFirst = i % 2 == 0;
			List<Cost> pair = measure(withFirst);
			with.add(pair.get(withFirst ? 0 : 1));
			without.add(pair.get(withFirst ? 1 : 0));
			Main.say("with    %s%nwithout %s", with.get(i), without.get(i));
		}
		write(report, without, with);
	}

	private void write(Markdown report, List<Cost> without, List<Cost> with) throws IOException {
		report.line("")
			.line("The sample application with the starter and `pingora.upgrade-sock`, and without it: the same jar, in which nothing makes Spring Boot find the starter. %d pairs;",
					with.size())
			.line("which of a pair is first alternates. Each starts alone twice, until its first answer; for the rest both of a pair live at the same time and are loaded by turns.")
			.line("The difference, and the ratio, is the median of those of the pairs, and need not be that of the medians beside it. No load took place before *after its start*.")
			.line("")
			.header("medians", "without", "with", "difference", "wanted");
		row(report, "start until the first answer, ms", without, with, Cost::start, "at most +100");
		row(report, "resident memory after its start, MB", without, with, Cost::memoryAtStart, "");
		row(report, "resident memory after %.0f requests and a collection, MB".formatted(EQUAL_RATE * this.seconds * 2),
				without, with, Cost::memory, "at most +10");
		row(report, "p50 at %.0f requests per second, ms".formatted(LOW_RATE), without, with, Cost::p50, "");
		row(report, "p99 at %.0f requests per second, ms".formatted(LOW_RATE), without, with, Cost::p99, "");
		row(report, "requests per second, saturated", without, with, Cost::throughput, "");
		List<Double> ratios = each(with, without, (first, second) -> first.throughput / second.throughput);
		report.row("**with ÷ without**", "", "", "%.3f".formatted(Statistics.median(ratios)), "at least 0.99")
			.line("")
			.line("With less without, or with ÷ without, pair by pair:")
			.line("")
			.line("* start, ms: %s", list(each(with, without, (first, second) -> first.start - second.start), "%+.0f"))
			.line("* resident memory after requests and a collection, MB: %s",
					list(each(with, without, (first, second) -> first.memory - second.memory), "%+.1f"))
			.line("* requests per second: %s", list(ratios, "%.3f"));
		report.write(this.out.resolve("overhead.md"));
	}

	private static void row(Markdown report, String name, List<Cost> without, List<Cost> with,
			ToDoubleFunction<Cost> value, String wanted) {
		double first = Statistics.median(without.stream().map(value::applyAsDouble).toList());
		double second = Statistics.median(with.stream().map(value::applyAsDouble).toList());
		double difference = Statistics
			.median(each(with, without, (one, other) -> value.applyAsDouble(one) - value.applyAsDouble(other)));
		report.row(name, "%,.2f".formatted(first), "%,.2f".formatted(second), "%+,.2f".formatted(difference), wanted);
	}

	private static List<Double> each(List<Cost> with, List<Cost> without, BiFunction<Cost, Cost, Double> value) {
		List<Double> values = new ArrayList<>();
		for (int i = 0; i < with.size(); i++) {
			values.add(value.apply(with.get(i), without.get(i)));
		}
		return values;
	}

	private static String list(List<Double> values, String format) {
		return values.stream()
			.map((value) -> String.format(Locale.ROOT, format, value))
			.collect(Collectors.joining(", "));
	}

	/** The costs of a pair, in the order in which its two were started. */
	private List<Cost> measure(boolean withFirst) throws Exception {
		Application one = (withFirst ? this.with : this.without).onFreePort();
		Application other = (withFirst ? this.without : this.with).onFreePort();
		// Nothing else runs, and an instance that has started does some work later.
		double[] starts = new double[2];
		for (int i : new int[] { 0, 1, 1, 0 }) {
			try (Subject alone = new Subject((i == 0) ? one : other)) {
				starts[i] += alone.start / 2;
			}
		}
		try (Subject first = new Subject(one); Subject second = new Subject(other)) {
			measure(first, second);
			return List.of(first.cost(starts[0]), second.cost(starts[1]));
		}
	}

	private void measure(Subject first, Subject second) throws Exception {
		for (Subject subject : List.of(first, second)) {
			load(subject, EQUAL_RATE, this.seconds * 2);
		}
		for (Subject subject : List.of(first, second)) {
			subject.memory = SampleApplication.settledMemory(subject.instance);
		}
		for (Subject subject : List.of(first, second)) {
			throughput(subject);
		}
		for (Subject subject : List.of(first, second)) {
			subject.latencies = load(subject, LOW_RATE, this.seconds);
		}
		for (int i = 0; i < BURSTS; i++) {
			// First, second, second, first, …: a trend of the machine meets both.
			for (Subject subject : (i % 2 == 0) ? List.of(first, second) : List.of(second, first)) {
				subject.throughput += throughput(subject) / BURSTS;
			}
		}
	}

	private static Latencies load(Subject subject, double rate, int seconds) throws Exception {
		try (Load load = Load.open(subject.instance.port(), 16, 0, rate)) {
			Thread.sleep(seconds * 1000L);
			return Latencies.of(load.stop().samples(), (sample) -> true);
		}
	}

	/** By wrk, which takes less of the machine; by our own client where there is none. */
	private double throughput(Subject subject) throws Exception {
		int port = subject.instance.port();
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
	 * What was measured of an instance.
	 *
	 * @param start milliseconds from its start to its first answer, when alone
	 * @param memoryAtStart resident memory in MB after that, in company
	 * @param memory resident memory in MB after some load and a collection
	 * @param p50 median latency in milliseconds at a low rate
	 * @param p99 the same of the slowest hundredth
	 * @param throughput requests per second
	 */
	private record Cost(double start, double memoryAtStart, double memory, double p50, double p99, double throughput) {

		@Override
		public String toString() {
			return "start %.0f ms, memory %.0f and %.1f MB, p50 %.2f ms, p99 %.2f ms, %.0f/s".formatted(this.start,
					this.memoryAtStart, this.memory, this.p50, this.p99, this.throughput);
		}

	}

	/**
	 * A running instance.
	 */
	private static final class Subject implements AutoCloseable {

		private final Instance instance;

		private final double start;

		private final double memoryAtStart;

		private double memory;

		private Latencies latencies = new Latencies();

		private double throughput;

		Subject(Application application) throws Exception {
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
			this.memoryAtStart = this.instance.residentMemory() / 1e6;
		}

		private static boolean answers(int port) {
			// From another address: a socket that connects to a port on which nobody
			// listens
			// yet may get that port as its own, and reach itself.
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

		Cost cost(double startAlone) {
			return new Cost(startAlone, this.memoryAtStart, this.memory, this.latencies.millis(50),
					this.latencies.millis(99), this.throughput);
		}

		@Override
		public void close() {
			this.instance.close();
		}

	}

}
