package io.github.gracefulupgrade.netty;

import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;

/**
 * Closes a connection so that what was sent on it arrives. A close with unread bytes, or
 * bytes that come after it, makes the kernel send a reset, which destroys what the client
 * has not read yet (RFC 9112 section 9.6). So: end the output, read and throw away until
 * the client closes or a bound is reached, then close.
 */
final class LingeringClose {

	private static final long BOUND_MILLIS = 2000;

	private final ChannelHandlerContext context;

	/**
	 * Prepare to close a connection.
	 * @param context of the handler that throws away what is read from now on, at the
	 * network's end of the pipeline: behind it, TLS has said its goodbye
	 */
	LingeringClose(ChannelHandlerContext context) {
		this.context = context;
	}

	/**
	 * Begin, on the event loop.
	 */
	void begin() {
		Channel channel = this.context.channel();
		if (!channel.isActive() || !(channel instanceof DuplexChannel duplex)) {
			end();
			return;
		}
		channel.eventLoop().schedule(this::end, BOUND_MILLIS, TimeUnit.MILLISECONDS);
		duplex.shutdownOutput().addListener((ChannelFutureListener) (future) -> {
			if (future.isSuccess()) {
				// The channel closes itself when it reads the client's end.
				channel.config().setAutoRead(true);
				this.context.read();
			}
			else {
				end();
			}
		});
	}

	/**
	 * The client has ended its side, and the channel was told not to close by itself.
	 * @param event an event on the connection
	 */
	void heard(Object event) {
		if (event == ChannelInputShutdownEvent.INSTANCE) {
			end();
		}
	}

	/**
	 * Complete a promise when the connection is closed.
	 */
	void tell(ChannelPromise promise) {
		if (!promise.isVoid()) {
			this.context.channel().closeFuture().addListener((future) -> promise.trySuccess());
		}
	}

	private void end() {
		this.context.channel().unsafe().close(this.context.channel().voidPromise());
	}

}
