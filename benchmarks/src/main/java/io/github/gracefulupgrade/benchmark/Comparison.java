package io.github.gracefulupgrade.benchmark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.gracefulupgrade.benchmark.Contender.Service;
import io.github.gracefulupgrade.benchmark.Contender.Unavailable;
import io.github.gracefulupgrade.test.Instance;
import org.jspecify.annotations.Nullable;

/**
 * Switches every contender under the same load: in rounds, so that whatever else the
 * machine does meets all of them.
 */
final class Comparison {

	private final Options options;

	private final Path out;

	private final int keepAlive;

	private final int fresh;

	private final int before;

	private final int after;

	Comparison(Options options, Path out) {
		this.options = options;
		this.out = out;
		this.keepAlive = options.number("keep-alive", 32);
		this.fresh = options.number("fresh", 4);
		this.before = options.number("before", 4);
		this.after = options.number("after", 10);
	}

	void run() throws Exception {
		Markdown report = Machine.report("An upgrade under load, beside its peers", this.options);
		Map<Contender, String> versions = new LinkedHashMap<>();
		Map<String, String> missing = new LinkedHashMap<>();
		for (Contender contender : contenders()) {
			try {
				Main.say("Making %s …", contender.name());
				versions.put(contender, contender.make());
			}
			catch (Unavailable ex) {
				String reason = String.valueOf(ex.getMessage());
				Main.say("  not here: %s", reason);
				missing.put(contender.name(), reason);
			}
		}
		double rate = rate();
		Map<Contender, List<Run>> runs = new LinkedHashMap<>();
		int rounds = this.options.number("rounds", 3);
		for (int round = 1; round <= rounds; round++) {
			for (Contender contender : versions.keySet()) {
				Run run = measure(contender, rate);
				runs.computeIfAbsent(contender, (key) -> new ArrayList<>()).add(run);
				Main.say("round %d  %-16s %6d answered %5d lost %5d refused   p99 %s ms, then %s ms", round,
						contender.name(), run.load().count(Fate.ANSWERED), run.load().count(Fate.LOST),
						run.load().count(Fate.REFUSED), Markdown.millis(run.steady().millis(99)),
						Markdown.millis(run.after().millis(99)));
			}
		}
		String load = "%,.0f requests per second on %d keep-alive connections and by %d clients with a fresh connection for each"
			.formatted(rate, this.keepAlive, this.fresh);
		new ComparisonReport(this.options, report, load, versions, missing, runs).write(this.out);
	}

	private List<Contender> contenders() {
		@Nullable String source = this.options.text("tableflip-source");
		List<String> only = this.options.list("only", "all");
		return Stream
			.of(new JavaContender.Starter(), new JavaContender.Restart(), new JavaContender.ReusePort(),
					new Nginx(false), new Nginx(true), new HaProxy(false), new HaProxy(true), new Pingora(),
					new Tableflip((source != null) ? Path.of(source) : null))
			.filter((contender) -> only.contains("all") || only.contains(contender.name()))
			.toList();
	}

	/** As it was asked for, or half of what the sample can do. */
	private double rate() throws Exception {
		String rate = this.options.text("rate", "1000");
		if (!rate.equals("half")) {
			return Double.parseDouble(rate);
		}
		int port = Instance.freePort();
		try (Service service = new JavaContender.Starter().start(port, Scratch.newFolder())) {
			rate = Long.toString(Math.round(Capacity.of(port, this.keepAlive, this.fresh) / 2));
		}
		Main.say("Half of the capacity is %s requests per second", rate);
		return Double.parseDouble(rate);
	}

	private Run measure(Contender contender, double rate) throws Exception {
		int port = Instance.freePort();
		Path folder = Scratch.newFolder();
		try (Service service = contender.start(port, folder);
				Load load = Load.open(port, this.keepAlive, this.fresh, rate)) {
			Thread.sleep(contender.warmUpSeconds() * 1000L);
			long from = System.nanoTime();
			Thread.sleep(this.before * 1000L);
			long preparedFrom = System.nanoTime();
			service.prepare();
			long switchedAt = System.nanoTime();
			service.replace();
			long left = switchedAt + this.after * 1_000_000_000L - System.nanoTime();
			Thread.sleep(Math.max(0, left / 1_000_000));
			return new Run(load.stop(), from, preparedFrom, switchedAt);
		}
	}

}
