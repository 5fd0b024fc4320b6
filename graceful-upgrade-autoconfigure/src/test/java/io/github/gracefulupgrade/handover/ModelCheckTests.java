package io.github.gracefulupgrade.handover;

import io.github.gracefulupgrade.handover.Explorer.Result;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever happens, at whatever moment: never do two own the listeners, never does nobody
 * accept while somebody lives who could, never is a connection served by two, and nobody
 * is stuck. All that a given number of delays and faults can do to the real roles is
 * tried. See docs/testing-internals.md.
 */
class ModelCheckTests {

	/**
	 * One surprise, at every step of every plot.
	 * @param runs fewer than there are; with less, something was not explored
	 */
	@ParameterizedTest(name = "{0}, {1} delay(s), {2} fault(s)")
	@CsvSource({ "UPGRADE, 1, 0, 300", "UPGRADE, 0, 1, 600", "AUTO, 0, 1, 600", "THREE_GENERATIONS, 1, 0, 500",
			"THREE_GENERATIONS, 0, 1, 1200", "RIVALS, 1, 0, 350", "RIVALS, 0, 1, 900", "COLD_STARTS, 1, 0, 140",
			"COLD_STARTS, 0, 1, 300" })
	void oneSurpriseBreaksNoPromise(Plot plot, int delays, int faults, int runs) {
		explore(plot, new Faults(12, 100), delays, faults, runs);
	}

	@Tag("long")
	@ParameterizedTest(name = "{0}, {1} delay(s), {2} fault(s)")
	@CsvSource({ "UPGRADE, 1, 1, 20000", "AUTO, 1, 1, 20000", "UPGRADE, 2, 0, 4000", "UPGRADE, 0, 2, 20000",
			"THREE_GENERATIONS, 1, 1, 20000", "THREE_GENERATIONS, 2, 0, 10000", "RIVALS, 1, 1, 20000",
			"RIVALS, 2, 0, 10000", "COLD_STARTS, 1, 1, 15000" })
	void twoSurprisesBreakNoPromise(Plot plot, int delays, int faults, int runs) {
		explore(plot, new Faults(4, 12, 65, 100), delays, faults, runs);
	}

	private static void explore(Plot plot, Faults surprises, int delays, int faults, int runs) {
		long begin = System.nanoTime();
		Result result = new Explorer(plot, surprises).explore(delays, faults);
		System.out.printf("%s, with up to %d delay(s) and %d fault(s), in %d ms%n", result, delays, faults,
				(System.nanoTime() - begin) / 1_000_000);
		assertThat(result.runs()).as("runs").isGreaterThan(runs);
		assertThat(result.states()).as("states in which something can go wrong").isGreaterThan(20);
		assertThat(result.ends()).as("states that it ends in").isGreaterThan(1);
	}

}
