package io.github.gracefulupgrade.test.demo;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.Predicate;

import io.github.gracefulupgrade.test.ConnectionKind;
import io.github.gracefulupgrade.test.Fate;
import io.github.gracefulupgrade.test.Latency;
import io.github.gracefulupgrade.test.LoadReport;
import io.github.gracefulupgrade.test.Outcome;
import io.github.gracefulupgrade.test.Upgrade;

/**
 * Every request's fate, the handover time, the latencies, and the verdict.
 */
final class Summary {

	private final Story story;

	private final LoadReport report;

	Summary(Story story) {
		this.story = story;
		this.report = story.report();
	}

	void print(PrintStream out) {
		fates(out);
		handover(out);
		latencies(out);
		verdict(out);
	}

	private void fates(PrintStream out) {
		out.printf("%n%-24s %10s %10s%n", "What became of", "fresh", "keep-alive");
		row(out, "answered by version 1", (fate) -> fate.answered() && fate.pid() == this.story.v1());
		row(out, "answered by version 2", (fate) -> fate.answered() && fate.pid() == this.story.v2());
		for (Outcome outcome : Outcome.values()) {
			if (outcome != Outcome.ANSWERED) {
				String text = (outcome == Outcome.CLOSED) ? "closed, no answer" : outcome.toString();
				row(out, text, (fate) -> fate.outcome() == outcome);
			}
		}
		int unannounced = this.report.unannouncedCloses();
		out.printf(Locale.ROOT, "%-24s %10s %,10d%n", "reconnects, announced", "",
				this.report.reconnects().size() - unannounced);
		out.printf(Locale.ROOT, "%-24s %10s %,10d%n", "reconnects, unannounced", "", unannounced);
	}

	private void row(PrintStream out, String text, Predicate<Fate> predicate) {
		out.printf(Locale.ROOT, "%-24s %,10d %,10d%n", text, count(ConnectionKind.FRESH, predicate),
				count(ConnectionKind.KEEP_ALIVE, predicate));
	}

	private long count(ConnectionKind kind, Predicate<Fate> predicate) {
		return this.report.fates().stream().filter((fate) -> fate.kind() == kind).filter(predicate).count();
	}

	private void handover(PrintStream out) {
		Upgrade upgrade = this.story.upgrade();
		out.printf(Locale.ROOT, "%nHandover: %.0f ms from SIGQUIT to the first answer of version 2%n",
				this.story.sinceSignal(this.story.firstAnswerOfV2()) * 1000);
		out.printf(Locale.ROOT,
				"Version 1 got its last new connection %.2f s after SIGQUIT, and had exited after %.2f s%n",
				this.story.sinceSignal(this.story.lastConnectToV1()), this.story.sinceSignal(upgrade.exitedAt()));
	}

	private void latencies(PrintStream out) {
		LoadReport fast = this.report.only((fate) -> !fate.path().startsWith("/slow"));
		Upgrade upgrade = this.story.upgrade();
		out.printf("%n%-36s %8s %9s %9s %9s%n", "Latency of short requests", "requests", "p50", "p99", "max");
		latency(out, "before", fast.between(fast.startedAt(), this.story.startOfV2()));
		latency(out, "before, while version 2 starts", fast.between(this.story.startOfV2(), upgrade.signalledAt()));
		latency(out, "during, from SIGQUIT to the exit", fast.between(upgrade.signalledAt(), upgrade.exitedAt()));
		latency(out, "after", fast.between(upgrade.exitedAt(), fast.endedAt()));
	}

	private void latency(PrintStream out, String text, LoadReport window) {
		Latency latency = window.latency();
		out.printf(Locale.ROOT, "%-36s %,8d %6.1f ms %6.1f ms %6.1f ms%n", text, latency.count(),
				latency.p50().toNanos() / 1e6, latency.p99().toNanos() / 1e6, latency.max().toNanos() / 1e6);
	}

	private void verdict(PrintStream out) {
		if (this.story.isGood()) {
			out.printf(Locale.ROOT, "%nAll %,d requests were answered: 0 refused, 0 lost.%n",
					this.report.fates().size());
		}
		else {
			// Names each failure, and whoever is missing among those that served.
			out.printf("%nNOT GOOD. %s%n", this.report);
		}
	}

}
