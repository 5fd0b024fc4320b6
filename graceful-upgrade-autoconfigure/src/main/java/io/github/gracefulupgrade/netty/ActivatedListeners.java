package io.github.gracefulupgrade.netty;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.UpgradeException;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import org.jspecify.annotations.Nullable;

/**
 * Listening sockets that this process was started with, until servers take them.
 * <p>
 * Guarded by the monitor of the {@link UpgradableListeners} that it belongs to.
 */
final class ActivatedListeners {

	/**
	 * {@code SOL_SOCKET} and {@code SO_ACCEPTCONN} of Linux, see socket(7).
	 */
	private static final int SOL_SOCKET = 1;

	private static final int SO_ACCEPTCONN = 30;

	/**
	 * How an address begins that is no interface's, see {@link Addresses#text}.
	 */
	private static final String ALL_INTERFACES = "*:";

	private final List<Activated> activated = new ArrayList<>();

	/**
	 * Keep a socket.
	 * @throws IllegalArgumentException if it is no TCP socket that listens; it is left
	 * open then
	 */
	void add(int descriptor, String name) {
		InetSocketAddress address;
		try {
			Socket socket = new Socket(descriptor);
			address = (socket.getIntOpt(SOL_SOCKET, SO_ACCEPTCONN) != 0) ? socket.localAddress() : null;
		}
		catch (IOException | ChannelException ex) {
			throw new IllegalArgumentException(
					"Descriptor %d (%s) is no open socket: %s".formatted(descriptor, name, ex.getMessage()), ex);
		}
		if (address == null) {
			throw new IllegalArgumentException(
					"Descriptor %d (%s) is no TCP socket that listens".formatted(descriptor, name));
		}
		this.activated
			.add(new Activated(name, Addresses.text(address), new Descriptor(descriptor, ActivatedListeners::close)));
	}

	private static void close(int descriptor) {
		try {
			new FileDescriptor(descriptor).close();
		}
		catch (IOException ex) {
			// There is nothing left to be done about it.
		}
	}

	/**
	 * Take the socket for a server: the one of its name, else the one of its address,
	 * else the one of its port if the server would listen on all interfaces.
	 * @throws UpgradeException if there is one on that port which is not meant for this
	 * server: it could not bind beside it, and would tell no more than that the port is
	 * in use
	 */
	@Nullable Descriptor take(String server, InetSocketAddress requested) {
		String address = Addresses.text(requested);
		Activated found = find((candidate) -> candidate.name().equals(server));
		if (found == null) {
			found = find((candidate) -> candidate.address().equals(address));
		}
		if (found == null && requested.getPort() != 0) {
			found = findByPort(server, requested.getPort(), address);
		}
		if (found == null) {
			return null;
		}
		this.activated.remove(found);
		return found.descriptor();
	}

	private @Nullable Activated findByPort(String server, int port, String address) {
		if (address.startsWith(ALL_INTERFACES)) {
			return find((candidate) -> candidate.address().endsWith(":" + port));
		}
		Activated everywhere = find((candidate) -> candidate.address().equals(ALL_INTERFACES + port));
		if (everywhere != null) {
			throw new UpgradeException(
					"This process was started with the socket %s, but its server '%s' is configured to listen on %s"
						.formatted(everywhere.text(), server, address),
					"Let both say the same address, or name the socket like the server (FileDescriptorName=%s)."
						.formatted(server));
		}
		return null;
	}

	private @Nullable Activated find(Predicate<Activated> which) {
		return this.activated.stream().filter(which).findFirst().orElse(null);
	}

	/**
	 * The sockets that no server has taken, as text.
	 */
	List<String> left() {
		if (this.activated.isEmpty()) {
			// Also asked in the middle of a handover, where nothing has to be linked
			// first.
			return List.of();
		}
		return this.activated.stream().map(Activated::text).toList();
	}

	void close() {
		this.activated.forEach((listener) -> listener.descriptor().close());
		this.activated.clear();
	}

	/**
	 * A socket that this process was started with.
	 *
	 * @param name the name that the service manager gave it
	 * @param address where it listens
	 * @param descriptor the socket
	 */
	private record Activated(String name, String address, Descriptor descriptor) {

		String text() {
			return "%s %s (descriptor %d)".formatted(this.name, this.address, this.descriptor.number());
		}

	}

}
