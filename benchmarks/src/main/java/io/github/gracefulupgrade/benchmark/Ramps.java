package io.github.gracefulupgrade.benchmark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;

/**
 * What clients with fresh connections feel after the switch: to a new version that has
 * been warmed up or not, and that takes over little by little or not.
 */
final class Ramps {

	/** Many, so that one that waits holds up few others. */
	private static final int CLIENTS = 32;

	/** How long both versions accept. */
	private static final int CLOSE_TIMEOUT = 5;

	private static final long SECOND = 1_000_000_000L;

	private final Options options;

	private final Path out;

	Ramps(Options options, Path out) {
		this.options = options;
		this.out = out;
	}

	void run() throws Exception {
		Markdown report = Machine.report("Ramp", this.options);
		double rate = rate();
		Map<Kind, List<Result>> results = new LinkedHashMap<>();
		int rounds = this.options.number("rounds", 5);
		for (int round = 1; round <= rounds; round++) {
			for (Kind kind : kinds()) {
				Result result = measure(kind, rate);
				results.computeIfAbsent(kind, (key) -> new ArrayList<>()).add(result);
				Main.say("round %d  %-40s %s", round, kind, result);
			}
		}
		report.line("")
			.line("%,.0f requests per second, each on a fresh connection, open-loop. Both versions accept for %d s from the switch on. Medians of %d upgrades of each kind;",
					rate, CLOSE_TIMEOUT, rounds)
			.line("milliseconds within 10 s after the switch. The share is the successor's, in each of the %d seconds.",
					CLOSE_TIMEOUT)
			.line("")
			.header("upgrade", "p50", "p90", "p99", "p99.9", "max", "p99 before", "lost", "share");
		results.forEach((kind, all) -> report.row(kind, median(all, (result) -> result.after().millis(50)),
				median(all, (result) -> result.after().millis(90)), median(all, (result) -> result.after().millis(99)),
				median(all, (result) -> result.after().millis(99.9)),
				median(all, (result) -> result.after().maxMillis()),
				median(all, (result) -> result.before().millis(99)), all.stream().mapToLong(Result::lost).sum(),
				shares(all)));
		report.write(this.out.resolve("ramp.md"));
	}

	private List<Kind> kinds() {
		List<String> only = this.options.list("only", "cold,warm");
		return Stream.of(false, true)
			.filter((warm) -> only.contains(warm ? "warm" : "cold"))
			.flatMap((warm) -> Arrays.stream(Ramp.values()).map((ramp) -> new Kind(warm, ramp)))
			.toList();
	}

	private static String median(List<Result> results, ToDoubleFunction<Result> value) {
		return Markdown.millis(Statistics.median(results.stream().map(value::applyAsDouble).toList()));
	}

	private static String shares(List<Result> results) {
		List<String> shares = new ArrayList<>();
		for (int i = 0; i < CLOSE_TIMEOUT; i++) {
			int second = i;
			shares.add("%.0f %%".formatted(
					100 * Statistics.median(results.stream().map((result) -> result.shares().get(second)).toList())));
		}
		return String.join(", ", shares);
	}

	private static Application application() throws Exception {
		return SampleApplication.upgradable("--pingora.close-timeout=" + CLOSE_TIMEOUT + "s");
	}

	/** As it was asked for, or half of what the sample can do on fresh connections. */
	private double rate() throws Exception {
		String rate = this.options.text("rate", "half");
		if (!rate.equals("half")) {
			return Double.parseDouble(rate);
		}
		try (Instance instance = application().start().awaitServing()) {
			double half = Capacity.of(instance.port(), 0, CLIENTS) / 2;
			Main.say("Half of the capacity is %.0f requests per second", half);
			return half;
		}
	}

	private Result measure(Kind kind, double rate) throws Exception {
		Application application = application().args("--pingora.ramp.enabled=" + (kind.ramp() != Ramp.NONE));
		Application next = application.args("--pingora.ramp.enabled=" + (kind.ramp() == Ramp.BOTH));
		if (kind.warm()) {
			next = next.args("--pingora.warm-up.requests=GET /");
		}
		try (Instance incumbent = application.start().awaitServing();
				Load load = Load.open(incumbent.port(), 0, CLIENTS, rate);
				Instance successor = startAfterAWhile(next)) {
			long from = System.nanoTime() - 2 * SECOND;
			successor.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
			Thread.sleep(1000);
			long switchedAt = System.nanoTime();
			incumbent.quit();
			incumbent.awaitExit();
			long left = switchedAt + 10 * SECOND - System.nanoTime();
			Thread.sleep(Math.max(0, left / 1_000_000));
			return Result.of(load.stop(), from, switchedAt, successor.pid());
		}
	}

	/** The incumbent is warm by then, and two more seconds have shown what is steady. */
	private static Instance startAfterAWhile(Application next) throws InterruptedException {
		Thread.sleep(10_000);
		return next.successor().start();
	}

	/**
	 * A kind of upgrade.
	 *
	 * @param warm whether the successor is warmed up
	 * @param ramp how its share grows
	 */
	private record Kind(boolean warm, Ramp ramp) {

		@Override
		public String toString() {
			return (this.warm ? "warm-up, " : "no warm-up, ") + switch (this.ramp) {
				case NONE -> "no ramp";
				case BOTH -> "ramp";
				case INCUMBENT -> "ramp of the incumbent only";
			};
		}

	}

	/**
	 * How the successor's share grows.
	 */
	private enum Ramp {

		/** As it comes, while both accept all the time. */
		NONE,

		/**
		 * First the successor accepts more and more, then the incumbent less and less.
		 */
		BOTH,

		/** The successor accepts all the time, the incumbent less and less. */
		INCUMBENT

	}

	/**
	 * What an upgrade came to.
	 *
	 * @param before latencies in the two seconds before the successor was started
	 * @param after latencies within ten seconds after the switch
	 * @param shares of the successor, by seconds
	 * @param lost requests that were lost or refused
	 */
	private record Result(Latencies before, Latencies after, List<Double> shares, long lost) {

		static Result of(Load.Result load, long from, long switchedAt, long successor) {
			List<Double> shares = new ArrayList<>();
			for (int i = 0; i < CLOSE_TIMEOUT; i++) {
				long begin = switchedAt + i * SECOND;
				List<Sample> samples = load.samples()
					.stream()
					.filter((sample) -> sample.answered() && sample.intendedAt() >= begin
							&& sample.intendedAt() < begin + SECOND)
					.toList();
				shares.add(samples.stream().filter((sample) -> sample.pid() == successor).count()
						/ (double) samples.size());
			}
			return new Result(
					Latencies.of(load.samples(),
							(sample) -> sample.intendedAt() >= from && sample.intendedAt() < from + 2 * SECOND),
					Latencies.of(load.samples(),
							(sample) -> sample.intendedAt() >= switchedAt
									&& sample.intendedAt() < switchedAt + 10 * SECOND),
					shares, load.samples().size() - load.count(Fate.ANSWERED));
		}

		@Override
		public String toString() {
			return "p50 %s  p90 %s  p99 %s  p99.9 %s  max %s  before p99 %s  lost %d  shares %s".formatted(
					Markdown.millis(this.after.millis(50)), Markdown.millis(this.after.millis(90)),
					Markdown.millis(this.after.millis(99)), Markdown.millis(this.after.millis(99.9)),
					Markdown.millis(this.after.maxMillis()), Markdown.millis(this.before.millis(99)), this.lost,
					this.shares.stream().map("%.2f"::formatted).toList());
		}

	}

}
