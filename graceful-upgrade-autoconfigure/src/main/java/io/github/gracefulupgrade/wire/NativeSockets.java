package io.github.gracefulupgrade.wire;

import org.newsclub.net.unix.AFSocket;
import org.newsclub.net.unix.AFSocketCapability;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * The native library behind all sockets of this package.
 */
final class NativeSockets {

	private NativeSockets() {
	}

	/**
	 * Make sure that the library is there and can do what is needed. The first time in a
	 * JVM loads it, which takes 25 to 50 ms: a start that finds nothing at the path does
	 * without until it serves.
	 * @param path what the sockets are for
	 * @throws io.github.gracefulupgrade.handover.UpgradeSocketException if it is not
	 */
	static void require(UpgradePath path) {
		if (!AFUNIXSocket.isSupported() || !AFSocket.supports(AFSocketCapability.CAPABILITY_FILE_DESCRIPTORS)
				|| !AFSocket.supports(AFSocketCapability.CAPABILITY_PEER_CREDENTIALS)
				|| !AFSocket.supports(AFSocketCapability.CAPABILITY_UNSAFE)) {
			throw path.unusable("cannot be used on this platform: the native library of junixsocket does not load",
					"Run on Linux, and see to it that files in java.io.tmpdir may be executed.", null);
		}
	}

}
