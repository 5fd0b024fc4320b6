package io.github.gracefulupgrade.netty;

import java.net.SocketAddress;
import java.util.function.Consumer;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * First handler of a server channel: decides whether it accepts. While the gate is shut,
 * no read reaches the channel, so that connections wait in the kernel's queue, from where
 * the other process, or this one later, takes them.
 * <p>
 * All state is the channel's event loop's, but for what is set before registration.
 */
final class AcceptGate extends ChannelDuplexHandler {

	private final Consumer<Channel> accepted;

	/**
	 * Whether the socket listens already, so that {@code bind} must not reach the kernel:
	 * {@code bind(2)} would fail, and {@code listen(2)} act on both processes.
	 */
	private final boolean adopted;

	private boolean open;

	AcceptGate(boolean adopted, boolean open, Consumer<Channel> accepted) {
		this.adopted = adopted;
		this.open = open;
		this.accepted = accepted;
	}

	@Override
	public void bind(ChannelHandlerContext ctx, SocketAddress localAddress, ChannelPromise promise) throws Exception {
		if (this.adopted) {
			promise.setSuccess();
		}
		else {
			super.bind(ctx, localAddress, promise);
		}
	}

	/**
	 * Reads come from everywhere: auto-read when the channel becomes active, and Reactor
	 * Netty's acceptor, which turns auto-read on again a second after an accept failed.
	 * Swallowing them here is what makes the gate hold.
	 */
	@Override
	public void read(ChannelHandlerContext ctx) throws Exception {
		if (this.open) {
			super.read(ctx);
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		if (msg instanceof Channel child) {
			this.accepted.accept(child);
		}
		super.channelRead(ctx, msg);
	}

	void open(Channel channel) {
		this.open = true;
		channel.config().setAutoRead(true);
		// Auto-read may have been on all the time, and then asks for no read by itself.
		channel.read();
	}

	void shut(Channel channel) {
		this.open = false;
		// Takes the interest in new connections back from epoll.
		channel.config().setAutoRead(false);
	}

}
