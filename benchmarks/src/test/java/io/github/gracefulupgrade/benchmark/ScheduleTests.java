package io.github.gracefulupgrade.benchmark;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Tests that a stall counts for each request that it held up.
 */
class ScheduleTests {

	private static final long MILLISECOND = 1_000_000;

	@Test
	void requestsKeepTheirTimesThroughAStall() {
		Schedule schedule = new Schedule(0, 100);
		assertThat(schedule.take()).isZero();
		long now = 1000 * MILLISECOND;
		for (int i = 1; i <= 100; i++) {
			assertThat(schedule.isDue(now)).isTrue();
			assertThat(schedule.take()).isEqualTo(i * 10 * MILLISECOND);
		}
		assertThat(schedule.isDue(now)).isFalse();
		assertThat(schedule.next()).isEqualTo(1010 * MILLISECOND);
	}

	@Test
	void rateIsKeptWithoutDrift() {
		Schedule schedule = new Schedule(0, 3);
		for (int i = 0; i < 3_000_000; i++) {
			schedule.take();
		}
		assertThat(schedule.next()).isCloseTo(1_000_000_000_000_000L, within(1L));
	}

	@Test
	void stallOfOneSecondIsSeenByAllThatItHeldUp() {
		// 100 requests a second for 10 s; the server answers in 1 ms, but stands still
		// for 1 s.
		Schedule schedule = new Schedule(0, 100);
		List<Sample> samples = new ArrayList<>();
		for (int i = 0; i < 1000; i++) {
			long due = schedule.take();
			long begun = (due > 5000 * MILLISECOND && due <= 6000 * MILLISECOND) ? 6000 * MILLISECOND : due;
			samples.add(new Sample(due, begun, begun + MILLISECOND, Fate.ANSWERED, 1, false));
		}
		Latencies latencies = Latencies.of(samples, (sample) -> true);
		assertThat(latencies.count()).isEqualTo(1000);
		// 100 of 1000 had waited, for 0 to 990 ms: a closed loop would have seen one.
		assertThat(latencies.millis(50)).isCloseTo(1, within(0.01));
		assertThat(latencies.millis(95)).isCloseTo(491, within(10.0));
		assertThat(latencies.millis(99)).isCloseTo(891, within(10.0));
		assertThat(latencies.maxMillis()).isCloseTo(991, within(2.0));
		assertThat(latencies.meanMillis()).isCloseTo(1 + 49.5, within(0.5));
	}

	@Test
	void whatWasNotAnsweredHasNoLatency() {
		List<Sample> samples = List.of(new Sample(0, 0, MILLISECOND, Fate.ANSWERED, 1, false),
				new Sample(0, 0, 9000 * MILLISECOND, Fate.LOST, 0, false));
		assertThat(Latencies.of(samples, (sample) -> true).maxMillis()).isCloseTo(1, within(0.01));
		assertThat(Latencies.of(samples, (sample) -> sample.pid() == 2).millis(50)).isNaN();
	}

}
