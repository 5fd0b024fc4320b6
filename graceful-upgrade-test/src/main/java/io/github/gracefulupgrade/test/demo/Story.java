package io.github.gracefulupgrade.test.demo;

import java.util.Comparator;

import io.github.gracefulupgrade.test.ConnectionKind;
import io.github.gracefulupgrade.test.Fate;
import io.github.gracefulupgrade.test.LoadReport;
import io.github.gracefulupgrade.test.LoadReport.Mark;
import io.github.gracefulupgrade.test.Upgrade;

/**
 * What happened, and when, in nanoseconds since the load began.
 *
 * @param report what became of every request
 * @param v1 the pid of version 1
 * @param v2 the pid of version 2
 * @param upgrade the upgrade
 */
record Story(LoadReport report, long v1, long v2, Upgrade upgrade) {

	boolean isGood() {
		return this.report.failures().isEmpty() && this.report.answersByPid().containsKey(this.v1)
				&& this.report.answersByPid().containsKey(this.v2);
	}

	/** The start of version 2 is the first mark that the upgrade left in the report. */
	long startOfV2() {
		return this.report.marks().stream().map(Mark::at).findFirst().orElse(this.upgrade.signalledAt());
	}

	long firstAnswerOfV2() {
		return this.report.firstAnswerBy(this.v2).map(Fate::endedAt).orElse(this.upgrade.exitedAt());
	}

	/**
	 * Seen from outside: the last time that a new connection reached version 1.
	 */
	long lastConnectToV1() {
		return this.report.fates()
			.stream()
			.filter((fate) -> fate.answered() && fate.pid() == this.v1 && fate.kind() == ConnectionKind.FRESH)
			.map(Fate::startedAt)
			.max(Comparator.naturalOrder())
			.orElse(this.upgrade.signalledAt());
	}

	double seconds(long moment) {
		return (moment - this.report.startedAt()) / 1e9;
	}

	double sinceSignal(long moment) {
		return (moment - this.upgrade.signalledAt()) / 1e9;
	}

}
