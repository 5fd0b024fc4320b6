package io.github.gracefulupgrade.test;

import java.nio.file.Path;
import java.time.Duration;

import io.github.gracefulupgrade.test.LoadReport.Mark;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class UpgradeTests {

	private Application app;

	@BeforeEach
	void application(@TempDir Path folder) {
		this.app = FakeApplication.application().onFreePort().upgradeSocket(folder.resolve("app.sock"));
	}

	@Test
	void upgradeIsMadeByTheProcedureAndMeasured() {
		try (Instance v1 = this.app.start().awaitServing();
				Load load = Load.on(v1).start().awaitAnswers(v1, 20);
				Upgrade upgrade = Upgrade.of(v1).to(this.app).under(load).perform()) {
			Instance v2 = upgrade.successor();
			assertThat(v1.isAlive()).isFalse();
			assertThat(upgrade.exitCode()).isZero();
			assertThat(upgrade.handoverTime()).hasValueSatisfying((time) -> assertThat(time).isPositive());
			assertThat(upgrade.exitedAt()).isGreaterThan(upgrade.signalledAt());
			load.awaitAnswers(20);
			LoadReport report = load.stop();
			assertThat(report.answersByPid().keySet()).containsExactly(v1.pid(), v2.pid());
			assertThat(report.marks()).extracting(Mark::label)
				.containsExactly("the start of " + v2, "SIGQUIT to " + v1, "the exit of " + v1);
			assertThat(report.firstAnswerBy(v2.pid()).orElseThrow().endedAt())
				.isEqualTo(upgrade.signalledAt() + upgrade.handoverTime().orElseThrow().toNanos());
		}
	}

	@Test
	void successorThatFailsIsReportedWithItsLastWordsAndTheIncumbentStays() {
		try (Instance v1 = this.app.start().awaitServing()) {
			assertThatExceptionOfType(AssertionError.class)
				.isThrownBy(() -> Upgrade.of(v1).to(this.app.args("--fail")).perform())
				.withMessageContaining("exited with 7")
				.withMessageContaining("No, not today");
			assertThat(v1.awaitServing().isAlive()).isTrue();
		}
	}

	@Test
	void incumbentThatDoesNotGoIsReportedAndTheSuccessorEnded() {
		try (Instance v1 = this.app.start().awaitServing()) {
			v1.suspend();
			Upgrade.Builder upgrade = Upgrade.of(v1).to(this.app).timeout(Duration.ofSeconds(2));
			assertThatExceptionOfType(AssertionError.class).isThrownBy(upgrade::perform)
				.withMessageContaining(v1 + " does not exit, after 2 s")
				.withMessageContaining("and of its successor, pid ");
			v1.resume();
		}
	}

}
