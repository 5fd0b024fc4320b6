package io.github.gracefulupgrade.autoconfigure;

import java.util.List;
import java.util.Map;

import io.github.gracefulupgrade.handover.UpgradeException;
import io.github.gracefulupgrade.netty.UpgradableListeners;
import io.github.gracefulupgrade.signal.NonBlocking;
import io.github.gracefulupgrade.systemd.ActivatedSocket;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The listening sockets that a process was started with, as systemd does it, on their way
 * to the web servers. Has no state; for the main thread.
 */
final class SocketActivation {

	private static final Log logger = LogFactory.getLog(SocketActivation.class);

	private final Map<String, String> environment;

	private final long pid;

	private final UpgradableListeners listeners;

	/**
	 * Create it; nothing happens yet.
	 * @param environment says how many sockets there are, and what they are called
	 * @param pid this process, for which they must be meant
	 * @param listeners where they go
	 */
	SocketActivation(Map<String, String> environment, long pid, UpgradableListeners listeners) {
		this.environment = environment;
		this.pid = pid;
		this.listeners = listeners;
	}

	/**
	 * Offer the sockets to the web servers, before these start.
	 * @throws UpgradeException if one of them cannot be used
	 */
	void offer() {
		try {
			for (ActivatedSocket socket : ActivatedSocket.in(this.environment, this.pid)) {
				this.listeners.activate(socket.descriptor(), socket.name());
				doNotBlock(socket.descriptor());
			}
		}
		catch (IllegalArgumentException ex) {
			throw new UpgradeException(
					"The sockets that this process was started with cannot be used: " + ex.getMessage(),
					"See the socket unit, or whatever else set LISTEN_FDS.", ex);
		}
	}

	/**
	 * A service manager passes sockets that block. That does no harm to a process that is
	 * alone with its socket. Where two accept, the other one may have taken the
	 * connection that an event loop was woken for, which would then hang in accept(2).
	 */
	private static void doNotBlock(int descriptor) {
		try {
			NonBlocking.set(descriptor);
		}
		catch (UnsupportedOperationException ex) {
			logger.warn("Descriptor " + descriptor + " may block while two versions accept on it, unless the service"
					+ " manager sees to it (NonBlocking=true in the service unit): " + ex.getMessage());
		}
	}

	/**
	 * The web servers have started: see that each socket found one.
	 * @throws UpgradeException if there is one that nobody listens on
	 */
	void requireAllTaken() {
		List<String> leftOver = this.listeners.leftOver();
		if (!leftOver.isEmpty()) {
			throw new UpgradeException(
					"This process was started with sockets that none of its servers takes: "
							+ String.join(", ", leftOver),
					"Name them like the servers (FileDescriptorName=server, management), or configure the servers'"
							+ " addresses as the sockets have them.");
		}
	}

}
