package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What makes a handover slow is code that runs for the first time. How long that takes
 * depends on the machine; how many classes are loaded does not.
 */
class RehearsalIT {

	/** It drains and exits when this test has seen what the handover took. */
	private static final String[] LOUD = { "--pingora.rehearsal=true", "--pingora.close-timeout=2s",
			"--logging.level.io.github.gracefulupgrade.autoconfigure.MiniatureHandover=DEBUG" };

	/**
	 * What a handover consists of. The application and Boot finish a start besides.
	 */
	private static final Pattern OF_A_HANDOVER = Pattern
		.compile(".*\\] (io\\.github\\.gracefulupgrade\\.(?!it\\.)|io\\.netty\\.|reactor\\.|org\\.newsclub\\.).*");

	@RegisterExtension
	static Service service = new Service(
			(application) -> application.args(LOUD).jvmOptions("-Xlog:class+load:file=classes-%p.txt"));

	/**
	 * Without a rehearsal, the sample loads about 45 in an incumbent and 300 in a
	 * successor.
	 */
	@Test
	void hardlyAnyClassIsLoadedDuringAHandover() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor();
		incumbent.awaitLog("Rehearsed a handover");
		successor.awaitLog("Rehearsed a handover");
		incumbent.awaitLog(Say.successorWaits(successor));
		int before = loaded(incumbent).size();
		int beforeInSuccessor = loaded(successor).size();
		incumbent.quit();
		incumbent.awaitLog(Say.handedOver(successor));
		assertThat(after(before, loaded(incumbent))).hasSizeLessThan(20);
		assertThat(after(beforeInSuccessor, loaded(successor))).hasSizeLessThan(40);
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);
		assertThat(service.folder()).isDirectoryNotContaining((path) -> path.getFileName().toString().startsWith("."));
	}

	private static List<String> after(int count, List<String> loaded) {
		return loaded.subList(Math.min(count, loaded.size()), loaded.size());
	}

	private static List<String> loaded(Instance instance) {
		// The working directory of all instances.
		Path file = service.folder().resolveSibling("classes-" + instance.pid() + ".txt");
		try {
			return Files.readAllLines(file).stream().filter((line) -> OF_A_HANDOVER.matcher(line).matches()).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
