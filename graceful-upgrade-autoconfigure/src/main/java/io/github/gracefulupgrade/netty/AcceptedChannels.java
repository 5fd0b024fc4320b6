package io.github.gracefulupgrade.netty;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;

import io.github.gracefulupgrade.handover.Connections.Established;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Makes the channel of a connection that another process accepted. It needs the server
 * channel as its parent, like any accepted one, and only a server channel can make such a
 * child: in a method that it keeps to itself.
 */
final class AcceptedChannels {

	private static final @Nullable MethodHandle CREATE = find();

	private AcceptedChannels() {
	}

	/**
	 * Whether this version of Netty lets such channels be made.
	 */
	static boolean isPossible() {
		return CREATE != null;
	}

	/**
	 * Make the channel. On success it owns the descriptor.
	 * @param parent the server channel
	 * @param connection the connection
	 * @return the channel, not registered yet
	 * @throws IllegalStateException if that fails; the descriptor is the caller's still
	 */
	static Channel create(EpollServerSocketChannel parent, Established connection) {
		if (CREATE == null) {
			throw new IllegalStateException("Not possible with this version of Netty");
		}
		InetSocketAddress remote = Addresses.parse(connection.remote());
		byte[] address = encode(remote);
		try {
			Channel channel = (Channel) CREATE.invokeExact(parent, connection.descriptor().number(), address, 0,
					address.length);
			connection.descriptor().release();
			return channel;
		}
		catch (Throwable ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * As {@code accept(2)} would have told it to Netty: address, scope for IPv6, port.
	 */
	private static byte[] encode(InetSocketAddress remote) {
		byte[] host = remote.getAddress().getAddress();
		byte[] encoded = new byte[host.length + ((host.length > 4) ? 8 : 4)];
		System.arraycopy(host, 0, encoded, 0, host.length);
		// The scope stays 0: connections of link-local addresses are not handed over.
		putInt(encoded, encoded.length - 4, remote.getPort());
		return encoded;
	}

	private static void putInt(byte[] bytes, int index, int value) {
		bytes[index] = (byte) (value >>> 24);
		bytes[index + 1] = (byte) (value >>> 16);
		bytes[index + 2] = (byte) (value >>> 8);
		bytes[index + 3] = (byte) value;
	}

	private static @Nullable MethodHandle find() {
		try {
			Method method = EpollServerSocketChannel.class.getDeclaredMethod("newChildChannel", int.class, byte[].class,
					int.class, int.class);
			method.setAccessible(true);
			return MethodHandles.lookup()
				.unreflect(method)
				.asType(MethodType.methodType(Channel.class, EpollServerSocketChannel.class, int.class, byte[].class,
						int.class, int.class));
		}
		catch (ReflectiveOperationException | RuntimeException ex) {
			return null;
		}
	}

}
