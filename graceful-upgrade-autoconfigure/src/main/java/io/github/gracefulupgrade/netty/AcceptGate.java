package io.github.gracefulupgrade.netty;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.handover.Connections.Established;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollServerSocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * First handler of a server channel: decides whether it accepts. While the gate is shut,
 * no read reaches the channel, so that connections wait in the kernel's queue, from where
 * the other process, or this one later, takes them.
 * <p>
 * All state is the channel's event loop's, but for what is set before registration.
 */
final class AcceptGate extends ChannelDuplexHandler {

	private final ListenerTraits traits;

	private final ConnectionTracker connections;

	/**
	 * Whether the socket listens already, so that {@code bind} must not reach the kernel:
	 * {@code bind(2)} would fail, and {@code listen(2)} act on both processes.
	 */
	private final boolean adopted;

	/**
	 * Whether the server is to listen where nobody finds it.
	 */
	private boolean hidden;

	private boolean open;

	private boolean bound;

	/**
	 * What opens and shuts the gate in turns, while something does.
	 */
	private @Nullable AcceptRamp ramp;

	/**
	 * What opens the gate after a moment in which another process comes first.
	 */
	private @Nullable Future<?> reopening;

	AcceptGate(boolean adopted, boolean open, ListenerTraits traits, ConnectionTracker connections) {
		this.adopted = adopted;
		this.open = open;
		this.traits = traits;
		this.connections = connections;
	}

	@Override
	public void bind(ChannelHandlerContext ctx, SocketAddress localAddress, ChannelPromise promise) throws Exception {
		if (this.adopted) {
			// Until now Reactor Netty had no acceptor in the pipeline, and a connection
			// that was read would have been dropped.
			this.bound = true;
			promise.setSuccess();
			ctx.channel().read();
		}
		else if (this.hidden) {
			super.bind(ctx, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), promise);
		}
		else {
			super.bind(ctx, localAddress, promise);
		}
	}

	/**
	 * Bind to a free port of the loopback interface, whatever is asked for. To be called
	 * before registration.
	 */
	void hide() {
		this.hidden = true;
	}

	/**
	 * Reads come from everywhere: auto-read when the channel becomes active, and Reactor
	 * Netty's acceptor, which turns auto-read on again a second after an accept failed.
	 * Swallowing them here is what makes the gate hold.
	 */
	@Override
	public void read(ChannelHandlerContext ctx) throws Exception {
		if (this.open && (this.bound || !this.adopted)) {
			super.read(ctx);
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		if (msg instanceof Channel child) {
			TrackedConnection connection = this.connections.accepted(child, this.traits);
			super.channelRead(ctx, msg);
			if (!child.isOpen()) {
				// Refused, by a limit on connections for example: a channel that was
				// never
				// registered is closed without telling who waits for its close.
				this.connections.closed(connection);
			}
			return;
		}
		super.channelRead(ctx, msg);
	}

	@Override
	public void channelInactive(ChannelHandlerContext ctx) throws Exception {
		endTurns();
		super.channelInactive(ctx);
	}

	/**
	 * Make an accepted connection of one that another process accepted, by letting it
	 * take the way through the pipeline that all take.
	 */
	void adopt(Channel channel, Established connection) {
		try {
			if (channel.isActive()) {
				channel.pipeline()
					.fireChannelRead(AcceptedChannels.create((EpollServerSocketChannel) channel, connection));
				channel.pipeline().fireChannelReadComplete();
			}
		}
		catch (RuntimeException ex) {
			// There is no channel, and what it was to be made of is closed below.
		}
		finally {
			connection.descriptor().close();
			this.connections.arrived();
		}
	}

	/**
	 * Accept all the time.
	 */
	void open(Channel channel) {
		endTurns();
		turn(channel, true);
	}

	/**
	 * Accept no more.
	 */
	void shut(Channel channel) {
		endTurns();
		turn(channel, false);
	}

	/**
	 * Accept for a part of the time that grows or shrinks.
	 */
	void ramp(Channel channel, boolean growing, Duration over) {
		endTurns();
		this.ramp = AcceptRamp.begin(channel.eventLoop(), growing, over, (open) -> turn(channel, open));
	}

	/**
	 * Accept nothing for a moment, and then as before.
	 */
	void stepAside(Channel channel, Duration time) {
		endTurns();
		turn(channel, false);
		this.reopening = channel.eventLoop().schedule(() -> open(channel), time.toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * If this gate opens and shuts in turns, open it for good.
	 */
	void acceptAll(Channel channel) {
		if (this.ramp != null) {
			open(channel);
		}
	}

	private void endTurns() {
		if (this.reopening != null) {
			this.reopening.cancel(false);
			this.reopening = null;
		}
		if (this.ramp != null) {
			this.ramp.end();
			this.ramp = null;
		}
	}

	private void turn(Channel channel, boolean open) {
		this.open = open;
		// If it is off, this takes the interest in new connections back from epoll.
		channel.config().setAutoRead(open);
		if (open) {
			// Auto-read may have been on all the time, and then asks for no read by
			// itself.
			channel.read();
		}
	}

}
