package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.gracefulupgrade.test.Instance;

/**
 * What a switch costs at least on this machine: clients turn from one instance to
 * another, neither of which starts, hands over or ends. Both have served for a while, so
 * that their code is compiled; the other one has only been idle for some seconds.
 */
final class Floor {

	private static final int KEEP_ALIVE = SwitchLatencies.KEEP_ALIVE;

	private static final int FRESH = SwitchLatencies.FRESH;

	private static final int SECONDS = SwitchLatencies.SECONDS;

	/** Requests from which the steady median is taken, and how far they are apart. */
	private static final int STEADY_REQUESTS = 500;

	private static final long PAUSE_MILLIS = 10;

	private static final byte[] REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
		.getBytes(StandardCharsets.ISO_8859_1);

	private final Options options;

	private final Path out;

	Floor(Options options, Path out) {
		this.options = options;
		this.out = out;
	}

	void run() throws Exception {
		Markdown report = Machine.report("What a switch costs at least", this.options);
		try (Instance one = SampleApplication.inert().onFreePort().start().awaitServing();
				Instance other = SampleApplication.inert().onFreePort().start().awaitServing()) {
			double capacity = Capacity.of(one.port(), KEEP_ALIVE, FRESH);
			Load.saturate(other.port(), KEEP_ALIVE, FRESH, Capacity.HEAT_SECONDS);
			Main.say("The capacity is %,.0f requests per second", capacity);
			int switches = this.options.number("switches", 10);
			List<Pair> turns = new ArrayList<>();
			for (int i = 0; i < switches; i++) {
				turns.add((i % 2 == 0) ? turn(one, other, capacity / 2) : turn(other, one, capacity / 2));
				Main.say("p99 %s", turns.get(i));
			}
			List<Pair> firsts = firstRequests(one, other, capacity / 2, 2 * switches);
			report.line("")
				.line("Two instances of the sample that live all the time. Nothing starts, is handed over, or ends: what a user feels here is the machine.")
				.line("The load is that of `benchmarks/run switch`, %,.0f requests per second.", capacity / 2)
				.line("")
				.header("", "before, ms", "after, ms", "median ratio", "ratios", "wanted of a switch");
			row(report, "p99 in %d s before and after all clients turn to the other one".formatted(SECONDS), turns,
					"at most 1.5");
			row(report, "one request to the idle one, under the same load on the other, and the median there", firsts,
					"at most 2");
		}
		report.write(this.out.resolve("floor.md"));
	}

	private static void row(Markdown report, String what, List<Pair> pairs, String wanted) {
		List<Double> ratios = pairs.stream().map(Pair::ratio).toList();
		report.row(what, "%.2f".formatted(Statistics.median(pairs.stream().map(Pair::before).toList())),
				"%.2f".formatted(Statistics.median(pairs.stream().map(Pair::after).toList())),
				"%.1f".formatted(Statistics.median(ratios)),
				String.join(", ", ratios.stream().sorted().map("%.1f"::formatted).toList()), wanted);
	}

	/** All clients turn from one instance to the other. */
	private static Pair turn(Instance from, Instance to, double rate) throws Exception {
		Load.saturate(to.port(), KEEP_ALIVE, FRESH, SwitchLatencies.HEAT_SECONDS);
		Load.saturate(from.port(), KEEP_ALIVE, FRESH, SwitchLatencies.HEAT_SECONDS);
		double before = p99(from, rate, SwitchLatencies.SETTLE_SECONDS);
		return new Pair(before, p99(to, rate, 0));
	}

	private static double p99(Instance instance, double rate, int settleSeconds) throws Exception {
		long from = System.nanoTime() + settleSeconds * 1_000_000_000L;
		try (Load load = Load.open(instance.port(), KEEP_ALIVE, FRESH, rate)) {
			Thread.sleep((settleSeconds + SECONDS) * 1000L);
			return Latencies.of(load.stop().samples(), (sample) -> sample.intendedAt() >= from).millis(99);
		}
	}

	/** Single requests to the one that is idle, while the other one is under load. */
	private static List<Pair> firstRequests(Instance serving, Instance idle, double rate, int count) throws Exception {
		List<Pair> firsts = new ArrayList<>();
		for (int i = 0; i < 2 * STEADY_REQUESTS; i++) {
			request(idle); // this client is to be warm, too
		}
		try (Load load = Load.open(serving.port(), KEEP_ALIVE, FRESH, rate)) {
			Thread.sleep(SwitchLatencies.SETTLE_SECONDS * 1000L);
			for (int i = 0; i < count; i++) {
				List<Double> steady = new ArrayList<>();
				for (int j = 0; j < STEADY_REQUESTS; j++) {
					steady.add(request(serving));
					Thread.sleep(PAUSE_MILLIS);
				}
				firsts.add(new Pair(Statistics.median(steady), request(idle)));
				Main.say("first request %s", firsts.get(i));
			}
			load.stop();
		}
		return firsts;
	}

	/** A request on a connection of its own; how many milliseconds it took. */
	private static double request(Instance instance) throws IOException {
		long began = System.nanoTime();
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), instance.port())) {
			socket.setTcpNoDelay(true);
			socket.getOutputStream().write(REQUEST);
			if (socket.getInputStream().read(new byte[4096]) <= 0) {
				throw new IOException("No answer");
			}
			return (System.nanoTime() - began) / 1e6;
		}
	}

	/**
	 * The same figure before and after, in milliseconds.
	 */
	private record Pair(double before, double after) {

		double ratio() {
			return this.after / this.before;
		}

		@Override
		public String toString() {
			return "%.2f ms, then %.2f ms (x %.2f)".formatted(this.before, this.after, ratio());
		}

	}

}
