package io.github.gracefulupgrade.netty;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

/**
 * Addresses as both processes write them, so that equal text means equal address.
 */
final class Addresses {

	private Addresses() {
	}

	/**
	 * Look up the name of an address that has no more than a name, as a server does that
	 * binds to it.
	 * @param address the address
	 * @return the address, which is as it was if nobody knows the name
	 */
	static InetSocketAddress resolved(InetSocketAddress address) {
		return address.isUnresolved() ? new InetSocketAddress(address.getHostString(), address.getPort()) : address;
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

	/**
	 * Read what {@link #text} wrote of an address that is not a wildcard.
	 * @param text the text
	 * @return the address
	 * @throws IllegalArgumentException if it is no such text; no name is looked up
	 */
	static InetSocketAddress parse(String text) {
		int colon = text.lastIndexOf(':');
		if (colon < 1) {
			throw new IllegalArgumentException("Not an address: " + text);
		}
		String host = text.substring(0, colon);
		if (host.startsWith("[") && host.endsWith("]")) {
			host = host.substring(1, host.length() - 1);
		}
		InetAddress address = NetUtil.createInetAddressFromIpAddressString(host);
		if (address == null) {
			throw new IllegalArgumentException("Not an address: " + text);
		}
		return new InetSocketAddress(address, Integer.parseInt(text.substring(colon + 1)));
	}

}
