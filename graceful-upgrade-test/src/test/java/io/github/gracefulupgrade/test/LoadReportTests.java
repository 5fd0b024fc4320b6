package io.github.gracefulupgrade.test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.gracefulupgrade.test.LoadReport.Bucket;
import io.github.gracefulupgrade.test.LoadReport.Mark;
import io.github.gracefulupgrade.test.LoadReport.Reconnect;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class LoadReportTests {

	private static final long MILLI = 1_000_000;

	// nanoTime may overflow at any moment: every comparison has to stand that.
	private static final long START = Long.MAX_VALUE - 300 * MILLI;

	private final List<Fate> fates = new ArrayList<>();

	private final List<Mark> marks = new ArrayList<>();

	@Test
	void nothingSentIsNoProofThatNothingIsLost() {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> report().assertNothingLost())
			.withMessageContaining("No request was sent");
	}

	@Test
	void failureTellsWhenAndWhereAndHowLongAfterTheSignal() {
		answer(100, 1, 7);
		this.marks.add(new Mark(at(400), "SIGQUIT to pid 7"));
		this.marks.add(new Mark(at(900), "the exit of pid 7"));
		this.fates.add(new Fate(at(390), at(520), "/slow", ConnectionKind.KEEP_ALIVE, 3, Outcome.RESET, 0, 0,
				"Connection reset"));
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> report().assertNothingLost()).withMessage("""
				1 of 2 requests were lost, 0 refused
				  at 0.520 s (0.120 s after SIGQUIT to pid 7) on keep-alive connection 3: \
				/slow reset after 130.0 ms, Connection reset
				Answered: 1 by pid 7; kept connections closed between requests: 0 announced, 1 not""");
	}

	@Test
	void onlyTheFirstFailuresAreListed() {
		for (int i = 0; i < 25; i++) {
			this.fates.add(new Fate(at(i), at(i), "/", ConnectionKind.FRESH, i, Outcome.REFUSED, 0, 0, null));
		}
		assertThat(report().toString()).contains("25 refused").contains("and 15 more").contains("connection 9:");
	}

	@Test
	void timelineHasEveryAnswerInTheBucketInWhichItCame() {
		answer(0, 10, 7);
		answer(200, 60, 7);
		answer(240, 30, 8);
		answer(900, 10, 8);
		List<Bucket> timeline = report().timeline(Duration.ofMillis(250));
		assertThat(timeline).extracting(Bucket::start)
			.containsExactly(Duration.ZERO, Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofMillis(750),
					Duration.ofMillis(1000));
		assertThat(timeline).extracting(Bucket::answers)
			.containsExactly(Map.of(7L, 1), Map.of(7L, 1, 8L, 1), Map.of(), Map.of(8L, 1), Map.of());
	}

	@Test
	void latencyOfAWindowIsThatOfTheRequestsThatBeganInIt() {
		for (int i = 0; i < 100; i++) {
			answer(i, i + 1, 7);
		}
		answer(500, 400, 8);
		LoadReport report = report();
		assertThat(report.latency().max()).isEqualTo(Duration.ofMillis(400));
		assertThat(report.between(at(0), at(500)).latency()).isEqualTo(new Latency(100, Duration.ofMillis(50),
				Duration.ofMillis(90), Duration.ofMillis(99), Duration.ofMillis(100)));
		assertThat(report.only((fate) -> false).latency().p99()).isZero();
	}

	@Test
	void firstAnswerIsTheOneThatCameFirst() {
		answer(0, 100, 8);
		answer(10, 20, 8);
		answer(0, 10, 7);
		assertThat(report().firstAnswerBy(8))
			.hasValueSatisfying((fate) -> assertThat(fate.startedAt()).isEqualTo(at(10)));
		assertThat(report().firstAnswerBy(9)).isEmpty();
		assertThat(report().answersByPid()).containsExactly(Map.entry(7L, 1), Map.entry(8L, 2));
	}

	@Test
	void reportOnTwoLoadsHasAllOfBoth() {
		answer(0, 1, 7);
		LoadReport one = report();
		this.fates.clear();
		answer(5, 1, 8);
		LoadReport both = report().plus(one);
		assertThat(both.fates()).hasSize(2);
		assertThat(both.unannouncedCloses()).isEqualTo(2);
		assertThat(both.answersByPid().keySet()).containsExactly(7L, 8L);
	}

	private void answer(long start, long millis, long pid) {
		this.fates.add(new Fate(at(start), at(start + millis), "/", ConnectionKind.FRESH, 1, Outcome.ANSWERED, 200, pid,
				null));
	}

	private LoadReport report() {
		return new LoadReport(START, at(1000), this.fates, List.of(new Reconnect(at(0), 1, false)), this.marks);
	}

	private static long at(long millis) {
		return START + millis * MILLI;
	}

}
