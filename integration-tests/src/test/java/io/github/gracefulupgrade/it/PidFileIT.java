package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code pingora.pid-file} names who serves.
 */
class PidFileIT {

	@TempDir
	static Path folder;

	private static Path file() {
		return folder.resolve("pid");
	}

	@RegisterExtension
	static Service service = new Service(
			(Application application) -> application.args("--pingora.pid-file=" + file(), Service.NO_QUIET_PERIOD));

	private static void assertNames(Instance instance) {
		assertThat(file()).hasContent(Long.toString(instance.pid()));
	}

	@Test
	void namesWhoServesFromTheFirstToTheLast() throws IOException {
		service.expectRefusals();
		Instance incumbent = service.incumbent();
		assertNames(incumbent);
		Path gate = service.gate();
		Http.begin(incumbent.port(), "/held?gate=" + gate);
		Service.awaitReceived(incumbent);
		Instance dying = service.waitingSuccessor();
		assertNames(incumbent);
		incumbent.quit();
		incumbent.awaitLog(Say.drains(incumbent, dying));
		assertNames(dying);
		dying.kill();
		incumbent.awaitLog(Say.acceptsAgain(incumbent, dying));
		Await.until(() -> assertNames(incumbent));
		Service.open(gate);
		Instance failing = service.waitingSuccessor("--testbed.fail=runner");
		incumbent.quit();
		failing.awaitExit();
		assertNames(incumbent);
		Instance successor = service.waitingSuccessor();
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		assertNames(successor);
		service.assertServes(successor);
		successor.terminate();
		successor.awaitExit();
		assertThat(file()).doesNotExist();
		assertThat(Files.list(folder)).as("temporary files").isEmpty();
	}

}
