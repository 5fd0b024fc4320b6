package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.newsclub.net.unix.AFUNIXSocketCredentials;

/**
 * Whom this process trusts: its own user, and root.
 */
final class Credentials {

	private static final int ROOT = 0;

	private Credentials() {
	}

	/**
	 * The effective user id of this process, which is what the kernel tells its peers.
	 * (Not the owner of {@code /proc/self}: that is root where the JVM's binary has file
	 * capabilities. Nor what a socket pair says: junixsocket leaks two descriptors with
	 * each.)
	 */
	static long ownUid() throws IOException {
		for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
			if (line.startsWith("Uid:")) {
				// Real, effective, saved, file system.
				return Long.parseLong(line.split("\\s+")[2]);
			}
		}
		throw new IOException("/proc/self/status has no user id");
	}

	static boolean trusted(AFUNIXSocketCredentials peer) throws IOException {
		return trusted(peer.getUid());
	}

	static boolean trusted(long uid) throws IOException {
		return uid == ROOT || uid == ownUid();
	}

}
