package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Turns, in a time that passes by the millisecond.
 */
class AcceptRampTests {

	private static final Duration OVER = Duration.ofSeconds(4);

	private final EmbeddedChannel channel = new EmbeddedChannel();

	/**
	 * Not from zero: real clocks may well be negative.
	 */
	private final AtomicLong clock = new AtomicLong(-TimeUnit.SECONDS.toNanos(2));

	private final boolean[] open = new boolean[2];

	private final List<boolean[]> history = new ArrayList<>();

	AcceptRampTests() {
		this.channel.freezeTime();
	}

	private AcceptRamp begin(int gate, boolean growing) {
		return AcceptRamp.begin(this.channel.eventLoop(), this.clock::get, growing, OVER,
				(open) -> this.open[gate] = open);
	}

	private void pass(Duration duration) {
		for (long i = 0; i < duration.toMillis(); i++) {
			this.history.add(this.open.clone());
			this.clock.addAndGet(1_000_000);
			this.channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
			this.channel.runScheduledPendingTasks();
		}
	}

	/**
	 * The part of the time in which a gate was open.
	 */
	private double part(int gate, Duration from, Duration to) {
		List<boolean[]> window = this.history.subList((int) from.toMillis(), (int) to.toMillis());
		return window.stream().filter((moment) -> moment[gate]).count() / (double) window.size();
	}

	private static Duration quarters(double count) {
		return Duration.ofMillis((long) (OVER.toMillis() / 4 * count));
	}

	@Test
	void successorAcceptsMoreAndMoreAndAllTheTimeAfterHalf() {
		begin(0, true);
		assertThat(this.open[0]).as("open at once").isTrue();
		pass(OVER);
		assertThat(part(0, quarters(0), quarters(0.2))).isBetween(0.03, 0.15);
		assertThat(part(0, quarters(0.9), quarters(1.1))).isBetween(0.4, 0.6);
		assertThat(part(0, quarters(1.8), quarters(2))).isBetween(0.85, 0.99);
		assertThat(part(0, quarters(2.1), quarters(4))).isEqualTo(1);
	}

	@Test
	void incumbentAcceptsLessAndLessAfterHalf() {
		begin(0, false);
		pass(OVER);
		assertThat(part(0, quarters(0), quarters(2))).isEqualTo(1);
		assertThat(part(0, quarters(2.9), quarters(3.1))).isBetween(0.4, 0.6);
		assertThat(part(0, quarters(3.8), quarters(4))).isBetween(0.03, 0.15);
	}

	@Test
	void incumbentThatNobodyPausesAcceptsAllTheTimeAgain() {
		begin(0, false);
		pass(OVER.plus(AcceptRamp.SLACK).plus(AcceptRamp.SLICE));
		this.history.clear();
		pass(OVER);
		assertThat(part(0, quarters(0), quarters(4))).isEqualTo(1);
	}

	@Test
	void oneOfTheTwoAcceptsAtEveryMomentHoweverTheirTurnsFit() {
		begin(0, false);
		begin(1, true);
		pass(OVER);
		assertThat(this.history).allMatch((moment) -> moment[0] || moment[1]);
		this.history.clear();
		AcceptRampTests others = new AcceptRampTests();
		others.begin(0, false);
		others.pass(Duration.ofMillis(23)); // what COMMIT may take on its way
		others.begin(1, true);
		others.history.clear();
		others.pass(quarters(1.9));
		assertThat(others.history).allMatch((moment) -> moment[0]);
	}

	@Test
	void afterItsEndTheGateIsLeftAlone() {
		AcceptRamp ramp = begin(0, true);
		pass(Duration.ofMillis(120));
		ramp.end();
		this.open[0] = false;
		pass(OVER);
		assertThat(this.open[0]).isFalse();
	}

	@Test
	void aTurnOfNoTimeIsNoRamp() {
		AcceptRamp.begin(this.channel.eventLoop(), this.clock::get, true, Duration.ZERO, (open) -> this.open[0] = open);
		pass(Duration.ofSeconds(1));
		assertThat(part(0, Duration.ofMillis(60), Duration.ofSeconds(1))).isEqualTo(1);
	}

}
