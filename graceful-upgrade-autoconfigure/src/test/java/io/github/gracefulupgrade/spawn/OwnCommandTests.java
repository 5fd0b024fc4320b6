package io.github.gracefulupgrade.spawn;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link OwnCommand}.
 */
class OwnCommandTests {

	private static final Path JAVA = Path.of("/jdk/bin/java");

	private static List<String> command(String... line) throws IOException {
		return OwnCommand.withUpgrade(String.join("\0", line) + "\0", JAVA, "/nowhere:/bin");
	}

	@Test
	void isTheOwnOneWithUpgrade() throws IOException {
		assertThat(command("/bin/sh", "-Xmx1g", "-jar", "a b.jar", "--x=1", "two words", "")).containsExactly("/bin/sh",
				"-Xmx1g", "-jar", "a b.jar", "--x=1", "two words", "", "--upgrade");
	}

	@Test
	void saysUpgradeOnce() throws IOException {
		assertThat(command("/bin/sh", "--upgrade-module-path", "m", "--upgrade", "--upgrade=auto", "-u",
				"--pingora.upgrade=true", "--pingora.upgrade-sock=s", "--upgrades"))
			.containsExactly("/bin/sh", "--upgrade-module-path", "m", "--pingora.upgrade-sock=s", "--upgrades",
					"--upgrade");
	}

	@Test
	void saysItBeforeTheEndOfTheOptions() throws IOException {
		assertThat(command("sh", "--x=1", "-u", "--", "-u", "file")).containsExactly("sh", "--x=1", "--upgrade", "--",
				"-u", "file");
	}

	@Test
	void aProgramThatIsFoundOnThePathIsCalledByItsName() throws IOException {
		assertThat(command("sh", "-x")).containsExactly("sh", "-x", "--upgrade");
	}

	@Test
	void aNameThatIsNoProgramIsTheJdkInUse() throws IOException {
		assertThat(command("my service", "-x")).containsExactly(JAVA.toString(), "-x", "--upgrade");
		assertThat(command("/no/such/java", "-x")).containsExactly(JAVA.toString(), "-x", "--upgrade");
	}

	@Test
	void aLineThatIsEmptyIsAnError() {
		assertThatIOException().isThrownBy(() -> OwnCommand.withUpgrade("", JAVA, ""));
	}

	@Test
	void canBeFoundOutHere() throws IOException {
		assertThat(OwnCommand.withUpgrade()).hasSizeGreaterThan(1).endsWith("--upgrade");
	}

	@Test
	void theEnvironmentLosesWhatIsMeantForOneProcess() {
		Map<String, String> environment = new HashMap<>(Map.of("LISTEN_FDS", "1", "LISTEN_PID", "2", "LISTEN_FDNAMES",
				"a", "WATCHDOG_PID", "2", "NOTIFY_SOCKET", "/run/n", "WATCHDOG_USEC", "5", "PATH", "/bin"));
		OwnCommand.strip(environment);
		assertThat(environment).containsOnlyKeys("NOTIFY_SOCKET", "WATCHDOG_USEC", "PATH");
	}

}
