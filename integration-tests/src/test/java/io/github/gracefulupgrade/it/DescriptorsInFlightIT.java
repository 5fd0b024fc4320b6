package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import io.github.gracefulupgrade.it.testbed.Hoarder;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An ordinary user may have only so many descriptors in flight, all processes together,
 * as one process may have open (unix(7), ETOOMANYREFS). Root never sees it.
 */
@Tag("long")
class DescriptorsInFlightIT {

	private final Path folder = Testbed.newFolder();

	@AfterEach
	void deleteFolder() {
		Testbed.delete(this.folder);
	}

	@Test
	void tooManySlowTheMoveAndBreakNothing() throws IOException {
		ForeignUser user = ForeignUser.orSkip();
		user.owns(this.folder);
		Path release = this.folder.resolve("release");
		Application app = user
			.runs(Testbed.application()
				.onFreePort()
				.upgradeSocket(this.folder.resolve("s"))
				.args("--pingora.close-timeout=4s"))
			.prefix("prlimit", "--nofile=400:400");
		int connections = 60;
		try (Instance v1 = app.start().awaitServing();
				Load load = Load.on(v1)
					.keepAlive(connections)
					.thinkTime(Duration.ofMillis(20))
					.start()
					.awaitAnswers(200);
				Instance v2 = app.successor().start()) {
			v2.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
			v1.quit();
			v1.awaitLog("Handed over");
			try (Instance hoarder = user.runs(Testbed.main(Hoarder.class, "900", release.toString())).start()) {
				hoarder.awaitLog("In flight");
				v1.awaitLog("accepts no more");
				load.awaitAnswers(200);
				assertThat(v1.isAlive()).as("nothing can move yet").isTrue();
				Files.createFile(release);
				assertThat(hoarder.awaitExit()).isZero();
			}
			v1.awaitLog("0 cut; %d connection\\(s\\) handed over, 0 closed".formatted(connections));
			assertThat(v1.awaitExit()).isZero();
			LoadReport report = load.awaitAnswers(v2, 200).stop().assertNothingLost();
			assertThat(report.reconnects()).isEmpty();
		}
	}

}
