package io.github.gracefulupgrade.benchmark;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;

/**
 * Upgrades at half of what the machine can do, with a warm-up of the successor and
 * without by turns: what users feel of a switch.
 */
final class SwitchLatencies {

	static final int KEEP_ALIVE = 32;

	static final int FRESH = 4;

	/** How long the steady state is measured, and as long after the switch. */
	static final int SECONDS = 10;

	/**
	 * How long every client always waits for an answer before each upgrade: whoever was
	 * the successor of the last one is as warm then as the one before.
	 */
	static final int HEAT_SECONDS = 5;

	/**
	 * How long the successor has been waiting when the steady state begins: by then the
	 * old version has served what the warm-up held up, or nothing would be steady.
	 */
	static final int SETTLE_SECONDS = 6;

	/**
	 * What it takes on two processors, of which the load and the old version leave less
	 * than one: some 100,000 requests.
	 */
	private static final String WARM_UP = "--pingora.warm-up.requests=/ --pingora.warm-up.rounds=1000000"
			+ " --pingora.warm-up.duration=50s --pingora.warm-up.timeout=80s --pingora.warm-up.pause=0s --pingora.warm-up.concurrency=16";

	private final Options options;

	private final Path out;

	SwitchLatencies(Options options, Path out) {
		this.options = options;
		this.out = out;
	}

	void run() throws Exception {
		Markdown report = Machine.report("Latency at the switch", this.options);
		String warmUp = this.options.text("warm-up", WARM_UP);
		String heap = this.options.text("heap", SampleApplication.HEAP);
		// The JVM takes the last one of several.
		Application warm = SampleApplication.upgradable(AotCache.ofUpgrades(this.options), warmUp.split(" "))
			.jvmOptions("-Xmx" + heap);
		Application cold = warm.args("--pingora.warm-up.requests=");
		List<SwitchRun> runs = new ArrayList<>();
		double capacity;
		readThreadDumps();
		Instance incumbent = warm.start().awaitServing();
		try {
			capacity = Capacity.of(incumbent.port(), KEEP_ALIVE, FRESH);
			Main.say("The capacity is %,.0f requests per second", capacity);
			int upgrades = this.options.number("upgrades", 5);
			for (int i = 0; i < 2 * upgrades; i++) {
				// Warm, cold, cold, warm, …: a trend of the machine meets both.
				boolean warms = (i + 1) / 2 % 2 == 0;
				Load.saturate(incumbent.port(), KEEP_ALIVE, FRESH, HEAT_SECONDS);
				try (Load load = Load.open(incumbent.port(), KEEP_ALIVE, FRESH, capacity / 2)) {
					Instance old = incumbent;
					incumbent = SampleApplication.startSuccessor(warms ? warm : cold);
					incumbent.log().stream().filter((line) -> line.contains("warmed up")).forEach(Main::say);
					runs.add(upgrade(old, incumbent, load, warms));
				}
				Main.say("%s", runs.get(i));
			}
		}
		finally {
			incumbent.close();
		}
		report.row("warm-up", "`" + warmUp + "`").row("heap of each version", "`-Xmx" + heap + "`");
		String name = heap.equals(SampleApplication.HEAP) ? "switch" : "switch-" + heap;
		new SwitchReport(report, capacity, runs).write(this.out, AotCache.reportName(name, this.options));
	}

	private static SwitchRun upgrade(Instance old, Instance successor, Load load, boolean warmUp) throws Exception {
		try (old) {
			long waitsSince = System.nanoTime();
			ArmedSignal signal = new ArmedSignal("QUIT", old.pid());
			Thread.sleep(SETTLE_SECONDS * 1000L);
			long from = System.nanoTime();
			double loadBefore = processorSeconds(ProcessHandle.current().pid());
			double oldBefore = processorSeconds(old.pid());
			Thread.sleep(SECONDS * 1000L);
			double loadTook = (processorSeconds(ProcessHandle.current().pid()) - loadBefore) / SECONDS;
			double oldTook = (processorSeconds(old.pid()) - oldBefore) / SECONDS;
			double newBefore = processorSeconds(successor.pid());
			long switchedAt = signal.send();
			Thread.sleep(SECONDS * 1000L);
			double newTook = (processorSeconds(successor.pid()) - newBefore) / SECONDS;
			old.awaitExit();
			return new SwitchRun(warmUp, new Run(load.stop(), from, switchedAt, switchedAt), waitsSince,
					successor.pid(), loadTook, oldTook, newTook);
		}
	}

	/**
	 * SIGQUIT makes the old version print a thousand lines, which this process reads. Its
	 * compiler would work on that beside the switch, on processors that the switch needs.
	 */
	private static void readThreadDumps() throws IOException {
		String dump = "\tat java.lang.Thread.run(java.base/Thread.java:840)\n".repeat(200_000);
		try (BufferedReader reader = new BufferedReader(new InputStreamReader(
				new ByteArrayInputStream(dump.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8))) {
			while (reader.readLine() != null) {
				// That is all.
			}
		}
	}

	/** What a process has taken of the processors since it began. */
	private static double processorSeconds(long pid) {
		return ProcessHandle.of(pid)
			.flatMap((process) -> process.info().totalCpuDuration())
			.map((duration) -> duration.toMillis() / 1e3)
			.orElse(Double.NaN);
	}

}
