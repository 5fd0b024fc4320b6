package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import io.github.gracefulupgrade.test.Application;

import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Another user of this machine: {@code nobody}. Only root can act for one.
 */
final class ForeignUser {

	private static final int UID = 65534;

	private ForeignUser() {
	}

	static ForeignUser orSkip() throws IOException {
		assumeThat(System.getProperty("user.name")).as("only root can start a process of another user")
			.isEqualTo("root");
		assumeThat(Path.of("/usr/bin/setpriv")).as("setpriv starts a process of another user").exists();
		return new ForeignUser();
	}

	/**
	 * The same application, run by this user.
	 */
	Application runs(Application application) {
		return application.prefix("/usr/bin/setpriv", "--reuid=" + UID, "--regid=" + UID, "--clear-groups");
	}

	/**
	 * Give a file to this user.
	 */
	void owns(Path file) throws IOException {
		Files.setAttribute(file, "unix:uid", UID);
	}

}
