package io.github.gracefulupgrade.netty;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

import org.jspecify.annotations.Nullable;

/**
 * Addresses as both processes write them, so that equal text means equal address.
 */
final class Addresses {

	private Addresses() {
	}

	/**
	 * Write an address as {@code host:port}: numeric, IPv6 in brackets, and {@code *} for
	 * all interfaces, whichever way those were written.
	 * @param address the address
	 * @return its text
	 */
	static String text(@Nullable SocketAddress address) {
		if (!(address instanceof InetSocketAddress inet)) {
			return String.valueOf(address);
		}
		InetAddress host = inet.getAddress();
		if (host == null) {
			return inet.getHostString() + ":" + inet.getPort();
		}
		if (host.isAnyLocalAddress()) {
			return "*:" + inet.getPort();
		}
		String text = host.getHostAddress();
		return ((host instanceof Inet6Address) ? "[" + text + "]" : text) + ":" + inet.getPort();
	}

}
