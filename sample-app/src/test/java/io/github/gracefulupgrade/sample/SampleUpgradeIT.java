package io.github.gracefulupgrade.sample;

import java.nio.file.Path;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class SampleUpgradeIT {

	@Test
	void noClientNoticesAnUpgrade(@TempDir Path folder) {
		Application app = Application.jar(Path.of("target/sample-app.jar"))
			.jvmOptions("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
			.onFreePort()
			.upgradeSocket(folder.resolve("app.sock"))
			.args("--pingora.close-timeout=1s", "--spring.reactor.netty.shutdown-quiet-period=0s");
		try (Instance v1 = app.start().awaitServing();
				Load load = Load.on(v1).start().awaitAnswers(100);
				Upgrade upgrade = Upgrade.of(v1).to(app.args("--sample.version=2")).under(load).perform()) {
			LoadReport report = load.awaitAnswers(100).stop().assertNothingLost();
			assertThat(report.answersByPid()).containsOnlyKeys(v1.pid(), upgrade.successor().pid());
			assertThat(upgrade.exitCode()).isZero();
		}
	}

}
