package io.github.gracefulupgrade.warmup;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class WarmUpPlanTests {

	private final WarmUpPlan plan = new WarmUpPlan(List.of(), 10, Duration.ofSeconds(8), 2, Duration.ZERO,
			Duration.ofSeconds(1));

	@Test
	void isDividedInTime() {
		assertThat(this.plan.atMost(Duration.ofSeconds(2)).duration()).isEqualTo(Duration.ofSeconds(2));
		assertThat(this.plan.atMost(Duration.ofSeconds(9))).isEqualTo(this.plan);
	}

	@Test
	void isOverWhenEnoughWasPlayed() {
		assertThat(this.plan.isOver()).isFalse();
		assertThat(this.plan.after(9, Duration.ofSeconds(1)).isOver()).isFalse();
		assertThat(this.plan.after(10, Duration.ofSeconds(1)).isOver()).isTrue();
	}

	@Test
	void isOverWhenTheTimeIs() {
		assertThat(this.plan.after(1, Duration.ofSeconds(8)).isOver()).isTrue();
		assertThat(this.plan.after(1, Duration.ofSeconds(9)).isOver()).isTrue();
	}

	@Test
	void addsUp() {
		WarmUpResult first = new WarmUpResult(3, Duration.ofMillis(10), Duration.ofMillis(5), Duration.ofMillis(2));
		WarmUpResult second = new WarmUpResult(4, Duration.ofMillis(9), Duration.ofMillis(4), Duration.ofMillis(1));
		assertThat(first.followedBy(second, Duration.ofMillis(30)))
			.isEqualTo(new WarmUpResult(7, Duration.ofMillis(30), Duration.ofMillis(5), Duration.ofMillis(1)));
	}

}
