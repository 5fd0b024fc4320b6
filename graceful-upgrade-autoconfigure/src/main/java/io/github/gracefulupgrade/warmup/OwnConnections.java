package io.github.gracefulupgrade.warmup;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * The connections of a warm-up to its own server, told from those of anybody else by
 * their own addresses, which are taken and noted before they connect. Any thread.
 */
final class OwnConnections {

	private final Set<SocketAddress> addresses = ConcurrentHashMap.newKeySet();

	/**
	 * For the client, before a connection is made.
	 */
	void make(Channel channel) {
		channel.pipeline().addFirst(new BindFirst());
	}

	/**
	 * For the server, before it accepts for the first time. What stands at the door
	 * leaves no trace in the pipelines of connections, which are to be as they will be.
	 */
	void guard(Channel listener) {
		listener.pipeline().addFirst(new Guard());
	}

	/**
	 * Where to connect from. On a busy machine the connections of others, closed ones
	 * included, may have all ports of the usual address for a minute; there are more.
	 */
	private static InetAddress source() throws UnknownHostException {
		InetAddress usual = InetAddress.getLoopbackAddress();
		if (!(usual instanceof Inet4Address)) {
			return usual;
		}
		int random = ThreadLocalRandom.current().nextInt(1 << 16);
		return InetAddress.getByAddress(new byte[] { 127, 77, (byte) (random >> 8), (byte) random });
	}

	/**
	 * Takes a port before it connects.
	 */
	private final class BindFirst extends ChannelOutboundHandlerAdapter {

		@Override
		public void connect(ChannelHandlerContext ctx, SocketAddress remoteAddress, SocketAddress localAddress,
				ChannelPromise promise) throws UnknownHostException {
			ctx.bind(new InetSocketAddress(source(), 0)).addListener((ChannelFutureListener) (bound) -> {
				if (!bound.isSuccess()) {
					promise.setFailure(bound.cause());
					return;
				}
				SocketAddress address = ctx.channel().localAddress();
				OwnConnections.this.addresses.add(address);
				ctx.channel().closeFuture().addListener((closed) -> OwnConnections.this.addresses.remove(address));
				ctx.connect(remoteAddress, promise);
			});
		}

	}

	/**
	 * Closes a stranger's connection before anything of it is read, and lets the others
	 * in.
	 */
	private final class Guard extends ChannelInboundHandlerAdapter {

		@Override
		public void channelRead(ChannelHandlerContext ctx, Object accepted) {
			Channel connection = (Channel) accepted;
			SocketAddress remote = connection.remoteAddress();
			if (remote != null && OwnConnections.this.addresses.contains(remote)) {
				ctx.fireChannelRead(accepted);
			}
			else {
				connection.unsafe().closeForcibly();
			}
		}

	}

}
