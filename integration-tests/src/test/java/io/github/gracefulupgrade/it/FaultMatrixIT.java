package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import io.github.gracefulupgrade.it.FaultMatrix.Row;
import io.github.gracefulupgrade.it.FaultRun.Finding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fault at every step of a handover, under load: see {@link FaultMatrix}. Writes
 * {@code target/fault-matrix.txt}. The system property {@code faults} runs only the rows
 * whose names it is found in, as a regular expression.
 */
class FaultMatrixIT {

	private static final Path REPORT = Path.of("target/fault-matrix.txt");

	private static final List<Finding> findings = new ArrayList<>();

	private static final FaultRun run = new FaultRun();

	static Stream<Row> shortForm() {
		return FaultMatrix.shortForm().stream().filter(FaultMatrixIT::isWanted);
	}

	static Stream<Row> rest() {
		return FaultMatrix.rest().stream().filter(FaultMatrixIT::isWanted);
	}

	private static boolean isWanted(Row row) {
		return row.toString().matches(".*(" + System.getProperty("faults", "") + ").*");
	}

	@ParameterizedTest(name = "{0}", allowZeroInvocations = true)
	@MethodSource("shortForm")
	void costsNoMoreThanTheTableSays(Row row) throws IOException {
		run(row);
	}

	@ParameterizedTest(name = "{0}", allowZeroInvocations = true)
	@MethodSource("rest")
	@Tag("long")
	void costsNoMoreThanTheWholeTableSays(Row row) throws IOException {
		run(row);
	}

	private static void run(Row row) throws IOException {
		boolean good = false;
		long began = System.nanoTime();
		try {
			findings.add(run.run(row));
			good = true;
		}
		catch (AssertionError | RuntimeException ex) {
			System.out.println("=== " + row + ": " + ex);
			findings.add(new Finding(row, 0, 0, 0, "?", "FAILED", Service.secondsSince(began)));
			run.printLogs();
			throw ex;
		}
		finally {
			// Also now, for whoever cannot wait for the last row.
			Files.writeString(REPORT, text());
			run.end(!good);
		}
	}

	@AfterAll
	static void report() {
		run.close();
		System.out.println(text());
	}

	private static String text() {
		StringBuilder report = new StringBuilder();
		report.append("%-10s %-19s %-23s %9s %5s %8s  %-31s %-11s %-9s %6s%n".formatted("side", "step", "fault",
				"requests", "lost", "refused", "allowed", "serves", "then", "s"));
		for (Finding finding : findings) {
			Row row = finding.row();
			report.append(String.format(Locale.ROOT, "%-10s %-19s %-23s %9d %5d %8d  %-31s %-11s %-9s %6.1f%n",
					row.step().victim(), row.step(), row.fault(), finding.requests(), finding.lost(), finding.refused(),
					row.allowed(), finding.served(), finding.outcome(), finding.seconds()));
		}
		report.append("%d of %d rows are as the table says%n".formatted(
				findings.stream().filter((finding) -> !finding.outcome().equals("FAILED")).count(), findings.size()));
		return report.toString();
	}

}
