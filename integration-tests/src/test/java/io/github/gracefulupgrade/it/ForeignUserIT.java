package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Users do not trust each other, root excepted: neither gets the other's listeners, and
 * neither serves on what the other one offers.
 */
class ForeignUserIT {

	private static ForeignUser user;

	@RegisterExtension
	static Service service = new Service();

	@BeforeAll
	static void findUser() throws IOException {
		user = ForeignUser.orSkip();
	}

	private static Path open(Path folder) throws IOException {
		// As /tmp is: whose the folder is, is no reason to refuse.
		Files.setAttribute(folder, "unix:mode", 01777);
		return folder;
	}

	@Test
	void successorOfAnotherUserIsRefusedAndTheIncumbentServesOn() throws IOException {
		open(service.folder());
		Instance incumbent = service.incumbent();
		Service.assertFailsToStart(service.start(user.runs(service.application()).successor()),
				service.socket().toString(), "another user");
		Service.assertFailsToStart(service.start(user.runs(service.application()).args("--upgrade=auto")),
				service.socket().toString(), "another user");
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	void processOfAnotherUserThatReachesTheSocketIsRefusedAndLogged() throws IOException {
		Instance incumbent = service.incumbent();
		open(service.folder());
		// What an operator should not do: the permissions are the first line of defence,
		// and here they are gone.
		Files.setPosixFilePermissions(service.socket(), PosixFilePermissions.fromString("rwxrwxrwx"));
		assertThat(RawPeer.runAs(user, service.socket())).contains("REFUSED FOREIGN");
		incumbent.awaitLog("Process [0-9]+ of another user \\(uid 65534\\) was refused");
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	void incumbentOfAnotherUserIsNotTakenOverFrom() throws IOException {
		Path folder = open(Files.createDirectory(service.folder().resolve("theirs")));
		Application theirs = Testbed.application().onFreePort().upgradeSocket(folder.resolve("s"));
		Instance incumbent = Service.awaitUpgradable(service.start(user.runs(theirs)));
		// Also for root, who could connect.
		Service.assertFailsToStart(service.start(theirs.successor()), folder.resolve("s").toString(),
				"another user (uid 65534)");
		Service.assertFailsToStart(service.start(theirs), folder.resolve("s").toString());
		assertThat(Http.get(incumbent.port(), "/").pid()).isEqualTo(incumbent.pid());
		Instance good = service.start(user.runs(theirs).successor());
		good.awaitLog("waits for incumbent pid=" + incumbent.pid());
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		assertThat(Http.get(good.port(), "/").pid()).isEqualTo(good.pid());
	}

	@Test
	void ordinaryUserUpgrades() throws IOException {
		Path folder = Files.createDirectory(service.folder().resolve("own"));
		user.owns(folder);
		Files.setPosixFilePermissions(service.folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
		Application theirs = user.runs(Testbed.application().onFreePort().upgradeSocket(folder.resolve("s")));
		Instance incumbent = Service.awaitUpgradable(service.start(theirs));
		Instance successor = service.start(theirs.successor());
		successor.awaitLog("waits for incumbent pid=" + incumbent.pid());
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		assertThat(Http.get(successor.port(), "/").pid()).isEqualTo(successor.pid());
	}

}
