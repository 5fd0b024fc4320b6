package io.github.gracefulupgrade.netty;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.UpgradeException;
import org.jspecify.annotations.Nullable;

/**
 * The listeners that an incumbent offered and no server has taken yet. Owns their
 * descriptors.
 * <p>
 * Guarded by the monitor of the {@link UpgradableListeners} that has it.
 */
final class InheritedListeners {

	private final List<Message.Listener> listeners = new ArrayList<>();

	/**
	 * Whether they are gone again before servers could take them.
	 */
	private boolean takenBack;

	void add(List<Message.Listener> offered) {
		this.listeners.addAll(offered);
	}

	/**
	 * Take the listener for a server. A fixed address is its own name: it can exist only
	 * once. A server on any free port is recognised by its name, and gets the very port
	 * that its namesake has.
	 * @param server the server's name
	 * @param address where it is configured to listen
	 * @return the listener, whose descriptor is the caller's from now on, or {@code null}
	 * if none is meant for this server
	 * @throws UpgradeException if they were taken back: then no server binds one of its
	 * own, at the incumbent's addresses or elsewhere
	 */
	Message.@Nullable Listener take(String server, InetSocketAddress address) {
		if (this.takenBack) {
			throw new UpgradeException("The offer was taken back before the web servers had started",
					"The running instance goes on. See both logs for the reason (pingora.ready-timeout is how long a"
							+ " start may take after the offer), then try again.");
		}
		String requested = Addresses.text(address);
		for (Iterator<Message.Listener> i = this.listeners.iterator(); i.hasNext();) {
			Message.Listener candidate = i.next();
			boolean same = (address.getPort() != 0)
					? requested.equals(candidate.requested()) || requested.equals(candidate.bound())
					: requested.equals(candidate.requested()) && server.equals(candidate.name());
			if (same) {
				i.remove();
				return candidate;
			}
		}
		return null;
	}

	/**
	 * Those that no server has taken so far.
	 */
	List<Message.Listener> left() {
		return List.copyOf(this.listeners);
	}

	/**
	 * They are the incumbent's again. From now on there is nothing to take.
	 */
	void takeBack() {
		this.takenBack |= !this.listeners.isEmpty();
		close();
	}

	/**
	 * All servers have what they take: close the others.
	 */
	void close() {
		this.listeners.forEach((listener) -> listener.descriptor().close());
		this.listeners.clear();
	}

	/**
	 * As {@link #close()}, of listeners that came without descriptors.
	 */
	void forget() {
		this.listeners.clear();
	}

}
