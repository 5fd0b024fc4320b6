package io.github.gracefulupgrade.it.systemd;

import java.nio.file.Path;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.gracefulupgrade.test.Load;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code systemctl reload} upgrades a unit.
 */
class SystemdIT {

	@TempDir
	Path folder;

	private UserSystemd systemd;

	@BeforeEach
	void start() {
		this.systemd = UserSystemd.start(this.folder);
	}

	@AfterEach
	void stop() {
		if (this.systemd != null) {
			this.systemd.close();
		}
	}

	@Test
	void reloadUpgradesTheUnitAndNothingIsLost() {
		Unit unit = new Unit(this.systemd, this.folder);
		unit.start();
		long first = unit.mainPid();
		try (Load load = Load.on(unit.port).rate(100).start().awaitAnswers(50)) {
			unit.deploy(Path.of(System.getProperty("sample-app.jar")));
			unit.reload();
			long second = unit.mainPid();
			assertThat(second).isNotEqualTo(first);
			unit.assertActive();
			Unit.assertGone(first);
			unit.assertActive();
			assertThat(unit.mainPid()).isEqualTo(second);
			Unit.until(() -> assertThat(unit.status()).contains("Active: active (running)",
					"Main PID: " + second + " (java)", "Status: \"Serving, generation 1.\""));
			assertThat(unit.metric("graceful.upgrade.generation")).isOne();
			assertThat(unit.metric("graceful.upgrade.predecessor.handover")).isPositive();
			assertThat(unit.metric("graceful.upgrade.predecessor.connections.ended?tag=how:handed_over")).isPositive();
			assertThat(unit.metric("graceful.upgrade.predecessor.requests.ended?tag=outcome:cut")).isZero();
			assertThat(load.awaitAnswers(50).stop().assertNothingLost().answersByPid()).containsOnlyKeys(first, second);
		}
		unit.stop();
	}

}
