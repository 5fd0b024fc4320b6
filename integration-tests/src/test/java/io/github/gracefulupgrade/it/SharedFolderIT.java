package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What another user can do where the upgrade socket is: with a private folder nothing,
 * with one that is shared, such as {@code /tmp}, keep a cold start from it that says who
 * it was.
 */
class SharedFolderIT {

	/** All that a shell can try on the path and beside it. */
	private static final String MISCHIEF = """
			cd "$1" || sleep 0.1
			for f in "$1/s" "$1/s.lock"; do
				rm -f "$f"; mv -f "$f" "$1/mine"; ln -sf /dev/null "$f"; mkfifo "$f"; chmod 666 "$f"; (echo 1 > "$f")
				(exec 9< "$f" && flock -n 9 && sleep 1)
				perl -MIO::Socket::UNIX -e 'for (1..50) { IO::Socket::UNIX->new(Peer => $ARGV[0]) }' "$f"
			done
			""";

	@RegisterExtension
	static Service service = new Service(Service.NO_QUIET_PERIOD);

	private static Path folder(String name, int mode) throws IOException {
		Files.setPosixFilePermissions(service.folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
		Path folder = Files.createDirectory(service.folder().resolve(name));
		Files.setAttribute(folder, "unix:mode", mode);
		return folder;
	}

	private static Application at(Path folder, String... prefix) {
		return Testbed.application().onFreePort().prefix(prefix).upgradeSocket(folder.resolve("s"));
	}

	@Test
	void nothingThatAnotherUserDoesInASharedFolderChangesAnUpgrade() throws Exception {
		upgrade(01777);
	}

	@Test
	@Tag("long")
	void nothingThatAnotherUserDoesToAPrivateFolderChangesAnUpgrade() throws Exception {
		upgrade(0700);
	}

	/**
	 * As another user, all the time while an instance is upgraded.
	 */
	private static void upgrade(int mode) throws Exception {
		ForeignUser.orSkip();
		Path folder = folder("upgrade" + mode, mode);
		Application application = at(folder);
		Instance incumbent = Service.awaitUpgradable(service.start(application));
		Path refusals = service.folder().resolve("refusals" + mode);
		Process mischief = asNobody("while true; do\n" + MISCHIEF + "\ndone", folder, refusals);
		try {
			awaitAnotherRefusal(refusals);
			Instance successor = service.start(application.successor());
			successor.awaitLog("waits for incumbent pid=" + incumbent.pid());
			incumbent.quit();
			assertThat(incumbent.awaitExit()).isZero();
			Service.awaitUpgradable(successor);
			assertThat(Http.get(successor.port(), "/").pid()).isEqualTo(successor.pid());
			awaitAnotherRefusal(refusals);
			Instance cold = service.start(application);
			Service.assertFailsToStart(cold, "pid=" + successor.pid());
			assertThat(Http.get(successor.port(), "/").pid()).isEqualTo(successor.pid());
			awaitAnotherRefusal(refusals);
			assertThat(mischief.isAlive()).isTrue();
		}
		finally {
			mischief.descendants().forEach(ProcessHandle::destroyForcibly);
			mischief.destroyForcibly().waitFor();
		}
	}

	/**
	 * The other user is still at it, and has failed once more.
	 */
	private static void awaitAnotherRefusal(Path refusals) throws IOException {
		long before = refusals(refusals);
		Await.until(() -> assertThat(refusals(refusals)).as("refusals").isGreaterThan(before));
	}

	private static long refusals(Path refusals) throws IOException {
		try (Stream<String> lines = Files.lines(refusals)) {
			return lines.filter((line) -> line.contains("Operation not permitted") || line.contains("ermission denied"))
				.count();
		}
	}

	@Test
	void lockFileThatAnotherUserMadeInASharedFolderKeepsAColdStartThatSaysWho() throws Exception {
		ForeignUser.orSkip();
		Path folder = folder("squatted", 01777);
		Path lock = folder.resolve("s.lock");
		assertThat(asNobody("echo 1 > \"$1/s.lock\"", folder, Path.of("/dev/null")).waitFor()).isZero();
		Service.assertFailsToStart(service.start(at(folder)), lock.toString(), "uid 65534");
		assertThat(lock).hasContent("1");
	}

	@Test
	@Tag("long")
	void symbolicLinkInPlaceOfTheLockFileIsNotFollowed() throws IOException {
		Path folder = folder("linked", 0700);
		Path victim = Files.writeString(folder.resolve("victim"), "mine");
		Files.createSymbolicLink(folder.resolve("s.lock"), victim);
		Service.assertFailsToStart(service.start(at(folder)), folder.resolve("s.lock").toString());
		assertThat(victim).hasContent("mine");
		assertThat(folder.resolve("s")).doesNotExist();
	}

	@ParameterizedTest
	@Tag("long")
	@ValueSource(strings = { "000", "077", "177" })
	void umaskDoesNotMatter(String umask) throws IOException {
		Path folder = folder("umask" + umask, 0700);
		Instance incumbent = Service
			.awaitUpgradable(service.start(at(folder, "sh", "-c", "umask " + umask + "; exec \"$@\"", "sh")));
		Set<PosixFilePermission> own = PosixFilePermissions.fromString("rw-------");
		for (String name : List.of("s", "s.lock")) {
			assertThat(Files.getPosixFilePermissions(folder.resolve(name))).as(name).isEqualTo(own);
		}
		try (Stream<Path> files = Files.list(folder)) {
			assertThat(files).hasSize(2);
		}
		incumbent.terminate();
		incumbent.awaitExit();
	}

	private static Process asNobody(String script, Path folder, Path output) throws IOException {
		return new ProcessBuilder("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env",
				"LC_ALL=C", "sh", "-c", script, "sh", folder.toString())
			.redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
	}

}
