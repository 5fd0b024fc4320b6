package io.github.gracefulupgrade.benchmark;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class SwitchRunTests {

	private static final long MILLISECOND = 1_000_000;

	private static final long OLD = 1;

	private static final long NEW = 2;

	private final List<Sample> samples = new ArrayList<>();

	/** The steady state is from 2 s to 12 s, where the switch is. */
	private SwitchRun run() {
		Run run = new Run(new Load.Result(this.samples, 0), 2000 * MILLISECOND, 12_000 * MILLISECOND,
				12_000 * MILLISECOND);
		return new SwitchRun(true, run, 0, NEW, 0, 0, 0);
	}

	private void request(double dueMillis, double tookMillis, long pid, boolean fresh) {
		long due = (long) (dueMillis * MILLISECOND);
		this.samples.add(new Sample(due, due, due + (long) (tookMillis * MILLISECOND), Fate.ANSWERED, pid, fresh));
	}

	@Test
	void theStartOfTheSuccessorIsNoPartOfTheSteadyState() {
		request(1000, 500, OLD, false);
		request(2000, 2, OLD, false);
		request(12_000, 3, NEW, false);
		request(23_000, 700, NEW, false);
		assertThat(run().steadyP99()).isCloseTo(2, within(0.01));
		assertThat(run().afterP99()).isCloseTo(3, within(0.01));
		assertThat(run().ratio()).isCloseTo(1.5, within(0.01));
	}

	@Test
	void theFirstRequestIsTheOneThatWasSentFirstAndIsComparedWithItsKind() {
		request(3000, 1, OLD, false);
		request(4000, 4, OLD, true);
		request(12_010, 1, NEW, false);
		// The one that waited for what is done once was answered after others.
		request(12_005, 20, NEW, true);
		assertThat(run().firstMillis()).isCloseTo(20, within(0.01));
		assertThat(run().steadyMedian()).isCloseTo(4, within(0.01));
		assertThat(run().firstRatio()).isCloseTo(5, within(0.01));
		assertThat(run().longestOfFirst(20)).isCloseTo(20, within(0.01));
	}

	@Test
	void requestsBelongToTheSecondInWhichTheyWereDue() {
		request(11_999, 5, OLD, false);
		request(12_001, 7, NEW, false);
		request(13_001, 9, NEW, false);
		assertThat(run().p99(-1)).isCloseTo(5, within(0.01));
		assertThat(run().p99(0)).isCloseTo(7, within(0.01));
		assertThat(run().p99(1)).isCloseTo(9, within(0.01));
		assertThat(run().p99(2)).isNaN();
	}

}
