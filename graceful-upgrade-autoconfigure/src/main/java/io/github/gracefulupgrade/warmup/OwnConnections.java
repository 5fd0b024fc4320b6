package io.github.gracefulupgrade.warmup;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * The connections of a warm-up to its own server, told from those of anybody else by
 * their local ports, which are taken and noted before they connect. Any thread.
 */
final class OwnConnections {

	private final Set<Integer> ports = ConcurrentHashMap.newKeySet();

	/**
	 * For the client, before a connection is made.
	 */
	void make(Channel channel) {
		channel.pipeline().addFirst(new BindFirst());
	}

	/**
	 * For the server, before anything happens on a connection.
	 */
	void guard(Channel channel) {
		channel.pipeline().addFirst(new Guard());
	}

	/**
	 * Takes a port before it connects.
	 */
	private final class BindFirst extends ChannelOutboundHandlerAdapter {

		@Override
		public void connect(ChannelHandlerContext ctx, SocketAddress remoteAddress, SocketAddress localAddress,
				ChannelPromise promise) {
			ctx.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
				.addListener((ChannelFutureListener) (bound) -> {
					if (!bound.isSuccess()) {
						promise.setFailure(bound.cause());
						return;
					}
					int port = ((InetSocketAddress) ctx.channel().localAddress()).getPort();
					OwnConnections.this.ports.add(port);
					ctx.channel().closeFuture().addListener((closed) -> OwnConnections.this.ports.remove(port));
					ctx.connect(remoteAddress, promise);
				});
		}

	}

	/**
	 * Closes a stranger's connection before a byte of it is read, and leaves the others
	 * as they are.
	 */
	private final class Guard extends ChannelInboundHandlerAdapter {

		@Override
		public void channelActive(ChannelHandlerContext ctx) {
			if (ctx.channel().remoteAddress() instanceof InetSocketAddress remote
					&& OwnConnections.this.ports.contains(remote.getPort())) {
				ctx.fireChannelActive();
				ctx.pipeline().remove(this);
			}
			else {
				ctx.close();
			}
		}

	}

}
