package io.github.gracefulupgrade.netty;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

import io.github.gracefulupgrade.handover.Descriptor;
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
		catch (IOException ex) {
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
	 * Take the socket for a server: the one of its name, else the one of its address.
	 */
	@Nullable Descriptor take(String server, String requested) {
		for (Iterator<Activated> i = this.activated.iterator(); i.hasNext();) {
			Activated candidate = i.next();
			if (candidate.name().equals(server) || candidate.address().equals(requested)) {
				i.remove();
				return candidate.descriptor();
			}
		}
		return null;
	}

	/**
	 * The sockets that no server has taken, as text.
	 */
	List<String> left() {
		return this.activated.stream()
			.map((listener) -> "%s %s (descriptor %d)".formatted(listener.name(), listener.address(),
					listener.descriptor().number()))
			.toList();
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
	}

}
