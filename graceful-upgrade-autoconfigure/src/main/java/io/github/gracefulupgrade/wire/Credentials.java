package io.github.gracefulupgrade.wire;

import java.io.IOException;

import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketCredentials;
import org.newsclub.net.unix.AFUNIXSocketPair;

/**
 * Whom this process trusts: its own user, and root.
 */
final class Credentials {

	private static final int ROOT = 0;

	private Credentials() {
	}

	/**
	 * The user id of this process, asked in the same way as that of a peer. (The owner of
	 * {@code /proc/self} is root where the JVM's binary has file capabilities, and the
	 * link itself is always root's.)
	 */
	static long ownUid() throws IOException {
		AFUNIXSocketPair<AFUNIXSocketChannel> pair = AFUNIXSocketPair.open();
		try (AFUNIXSocketChannel one = pair.getSocket1(); AFUNIXSocketChannel other = pair.getSocket2()) {
			return one.getPeerCredentials().getUid();
		}
	}

	static boolean trusted(AFUNIXSocketCredentials peer) throws IOException {
		return trusted(peer.getUid());
	}

	static boolean trusted(long uid) throws IOException {
		return uid == ROOT || uid == ownUid();
	}

}
