package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

	Overhead(Options options, Path out) {
		this.options = options;
		this.out = out;
		this.seconds = options.number("seconds", 5);
	}

	void run() throws Exception {
		String loadBefore = Machine.loadAverage();
		List<Subject> with = new ArrayList<>();
		List<Subject> without = new ArrayList<>();
		int pairs = this.options.number("pairs", 5);
		for (int i = 0; i < pairs; i++) {
			try (Subject first = new Subject(i % 2 == 0); Subject second = new Subject(i % 2 != 0)) {
				measure(first, second);
				with.add(first.active ? first : second);
				without.add(first.active ? second : first);
			}
			Main.say("with    %s%nwithout %s", with.get(i), without.get(i));
		}
		List<Double> ratios = new ArrayList<>();
		for (int i = 0; i < pairs; i++) {
			ratios.add(with.get(i).throughput / without.get(i).throughput);
		}
		Markdown report = new Markdown();
		report.line("# What it costs while nothing happens").line("");
		Machine.describe(report, this.options, loadBefore);
		report.line("")
			.line("The sample application with `pingora.upgrade-sock` set and with none, as %d pairs. Both of a pair live at the same time and are loaded by turns; which is",
					pairs)
			.line("started first alternates. Medians.")
			.line("")
			.header("", "without", "with", "difference");
		row(report, "start until the first answer, ms", without, with, (subject) -> subject.start);
		row(report, "resident memory after start, MB", without, with, (subject) -> subject.memoryAtStart);
		row(report, "resident memory after %.0f requests and a collection, MB".formatted(EQUAL_RATE * this.seconds * 2),
				without, with, (subject) -> subject.memory);
		row(report, "p50 at %.0f requests per second, ms".formatted(LOW_RATE), without, with,
				(subject) -> subject.latencies.millis(50));
		row(report, "p99 at %.0f requests per second, ms".formatted(LOW_RATE), without, with,
				(subject) -> subject.latencies.millis(99));
		row(report, "requests per second, saturated", without, with, (subject) -> subject.throughput);
		report.line("")
			.line("Throughput with ÷ without: median %.3f, pair by pair %s.", Statistics.median(ratios),
					String.join(", ", ratios.stream().map("%.3f"::formatted).toList()));
		report.write(this.out.resolve("overhead.md"));
	}

	private static void row(Markdown report, String name, List<Subject> without, List<Subject> with,
			ToDoubleFunction<Subject> value) {
		double first = Statistics.median(without.stream().map(value::applyAsDouble).toList());
		double second = Statistics.median(with.stream().map(value::applyAsDouble).toList());
		report.row(name, "%,.2f".formatted(first), "%,.2f".formatted(second), "%+,.2f".formatted(second - first));
	}

	private void measure(Subject first, Subject second) throws Exception {
		for (Subject subject : List.of(first, second)) {
			load(subject, EQUAL_RATE, this.seconds * 2);
			// Twice: what the first one finds may be freed by the second.
			Commands.firstLine("jcmd", Long.toString(subject.instance.pid()), "GC.run");
			Commands.firstLine("jcmd", Long.toString(subject.instance.pid()), "GC.run");
			subject.memory = subject.instance.residentMemory() / 1e6;
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
		try {
			Matcher matcher = WRK.matcher(Commands.run(Path.of("."), this.seconds + 20, Map.of(), "wrk", "-t1", "-c32",
					"-d" + this.seconds, "http://127.0.0.1:" + subject.instance.port() + "/"));
			if (!matcher.find()) {
				throw new IOException("wrk does not say how many");
			}
			return Double.parseDouble(matcher.group(1));
		}
		catch (Unavailable ex) {
			try (Load load = Load.saturating(subject.instance.port(), 32, 0)) {
				Thread.sleep(this.seconds * 1000L);
				return (double) load.stop().count(Fate.ANSWERED) / this.seconds;
			}
		}
	}

	/**
	 * An instance, and what was measured of it.
	 */
	private static final class Subject implements AutoCloseable {

		private final boolean active;

		private final Instance instance;

		private final double start;

		private final double memoryAtStart;

		private double memory;

		private Latencies latencies = new Latencies();

		private double throughput;

		Subject(boolean active) throws Exception {
			this.active = active;
			int port = Instance.freePort();
			Application application = JavaContender.sample().onPort(port);
			long began = System.nanoTime();
			this.instance = (active ? application.upgradeSocket(Comparison.newFolder().resolve("upgrade.sock"))
					: application)
				.start();
			while (!answers(port)) {
				Thread.sleep(2);
			}
			this.start = (System.nanoTime() - began) / 1e6;
			this.instance.awaitServing();
			this.memoryAtStart = this.instance.residentMemory() / 1e6;
		}

		private static boolean answers(int port) {
			try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
				socket.getOutputStream()
					.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
				return socket.getInputStream().read() > 0;
			}
			catch (IOException ex) {
				return false;
			}
		}

		@Override
		public String toString() {
			return "start %.0f ms, memory %.0f and %.0f MB, p50 %.2f ms, p99 %.2f ms, %.0f/s".formatted(this.start,
					this.memoryAtStart, this.memory, this.latencies.millis(50), this.latencies.millis(99),
					this.throughput);
		}

		@Override
		public void close() {
			this.instance.close();
		}

	}

}
