package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An upgrade socket that cannot be used is told before anything is bound, and what stands
 * at its path is left alone. What is tagged as long is held by the tests of the socket,
 * too.
 */
class UpgradePathIT {

	private static final Path folder = Testbed.newFolder();

	@RegisterExtension
	static Service service = new Service();

	@AfterAll
	static void deleteFolder() {
		Testbed.delete(folder);
	}

	private static Instance startAt(Path path, String... arguments) {
		return service.start(
				Testbed.application().onFreePort().upgradeSocket(path).args(Service.NO_QUIET_PERIOD).args(arguments));
	}

	@Test
	@Tag("long")
	void regularFileIsLeftAlone() throws IOException {
		Path file = Files.writeString(folder.resolve("regular"), "mine");
		Service.assertFailsToStart(startAt(file), file.toString(), "is no socket");
		assertThat(file).isRegularFile().hasContent("mine");
	}

	@Test
	void regularFileIsLeftAloneByASuccessorToo() throws IOException {
		Path file = Files.writeString(folder.resolve("regular-for-a-successor"), "mine");
		Service.assertFailsToStart(startAt(file, "--upgrade"), file.toString(), "is no socket");
		assertThat(file).isRegularFile().hasContent("mine");
	}

	@Test
	void symbolicLinkIsLeftAlone() throws IOException {
		// To a live socket, even: it is not what both instances agreed on.
		Instance incumbent = service.incumbent();
		Path link = Files.createSymbolicLink(folder.resolve("link"), service.socket());
		Service.assertFailsToStart(startAt(link), link.toString(), "is no socket");
		assertThat(link).isSymbolicLink();
		assertThat(Files.readSymbolicLink(link)).isEqualTo(service.socket());
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	@Tag("long")
	void folderAtThePathIsLeftAlone() throws IOException {
		Path path = Files.createDirectory(folder.resolve("folder"));
		Service.assertFailsToStart(startAt(path), path.toString(), "is no socket");
		assertThat(path).isEmptyDirectory();
	}

	@Test
	@Tag("long")
	void pathThatIsLongerThanThePlatformAllowsFails() {
		Path path = folder.resolve("x".repeat(108));
		Service.assertFailsToStart(startAt(path), path.toString(), "too long", "107");
	}

	@Test
	@Tag("long")
	void missingFolderFailsAndIsNotCreated() {
		Path missing = folder.resolve("missing");
		Service.assertFailsToStart(startAt(missing.resolve("s")), missing.resolve("s").toString(), "does not exist");
		assertThat(missing).doesNotExist();
	}

	@Test
	@Tag("long")
	void folderThatTheUserMayNotWriteToFails() throws IOException {
		ForeignUser user = ForeignUser.orSkip();
		Path path = Files.createDirectory(folder.resolve("others")).resolve("s");
		Files.setPosixFilePermissions(path.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
		Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
		Application application = Testbed.application().onFreePort().upgradeSocket(path);
		Service.assertFailsToStart(service.start(user.runs(application)), path.toString(), "may not write to");
	}

	@Test
	@Tag("long")
	void folderThatOthersCanWriteToFails() throws IOException {
		Path path = Files.createDirectory(folder.resolve("open")).resolve("s");
		Files.setPosixFilePermissions(path.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
		Service.assertFailsToStart(startAt(path), path.toString(), "others can write to", "777");
		assertThat(path.getParent()).isEmptyDirectory();
	}

	@Test
	void stickyFolderWorksWithAHintToUseAPrivateOne() throws IOException {
		Path path = Files.createDirectory(folder.resolve("sticky")).resolve("s");
		Files.setAttribute(path.getParent(), "unix:mode", 01777);
		Instance incumbent = Service.awaitUpgradable(startAt(path));
		incumbent.awaitLog(path + ".*folder where other users can create files");
		assertThat(path).exists();
		assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
	}

}
