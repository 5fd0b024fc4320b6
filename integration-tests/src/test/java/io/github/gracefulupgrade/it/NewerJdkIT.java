package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * The sample application as it is packaged, from the JDK of this build to a newer one,
 * and on that.
 */
@Tag("long")
class NewerJdkIT {

	private static final Path JVMS = Path.of("/usr/lib/jvm");

	@Test
	void upgradesFromOneJdkToAnother(@TempDir Path folder) throws IOException {
		Optional<Path> newer = newerJdk();
		assumeThat(newer).as("a JDK 25 in " + JVMS).isPresent();
		Path jar = Path.of(System.getProperty("sample-app.jar"));
		Application application = Application.jar(jar)
			.onFreePort()
			.upgradeSocket(folder.resolve("s"))
			.args("--pingora.close-timeout=300ms");
		Application onNewer = application.javaHome(newer.orElseThrow());
		try (Instance first = application.start().awaitServing();
				Load load = Load.on(first).keepAlive(0).fresh(4).rate(50).start().awaitAnswers(20);
				Upgrade second = Upgrade.of(first).to(onNewer).under(load).perform();
				Upgrade third = Upgrade.of(second.successor()).to(onNewer).under(load).perform();
				Upgrade fourth = Upgrade.of(third.successor()).to(application).under(load).perform()) {
			assertThat(second.exitCode() + third.exitCode() + fourth.exitCode()).isZero();
			assertThat(load.awaitAnswers(20).stop().assertNothingLost().answersByPid()).containsOnlyKeys(first.pid(),
					second.successor().pid(), third.successor().pid(), fourth.successor().pid());
			// The jar says that it may load native libraries.
			assertThat(second.successor().output()).noneMatch((line) -> line.contains("restricted method"));
		}
	}

	private static Optional<Path> newerJdk() throws IOException {
		if (!Files.isDirectory(JVMS)) {
			return Optional.empty();
		}
		try (Stream<Path> folders = Files.list(JVMS)) {
			return folders.filter((folder) -> folder.getFileName().toString().contains("25"))
				.filter((folder) -> Files.isExecutable(folder.resolve("bin/java")))
				.findFirst();
		}
	}

}
