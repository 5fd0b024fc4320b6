package io.github.gracefulupgrade.netty;

import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/**
 * Closes a connection so that what was sent on it arrives. A close with unread bytes, or
 * bytes that come after it, makes the kernel send a reset, which destroys what the client
 * has not read yet (RFC 9112 section 9.6). So: end the output, read and throw away until
 * the client closes or a bound is reached, then close.
 */
final class LingeringClose {

	private static final long BOUND_MILLIS = 2000;

	private final Channel channel;

	private final ByteGate bytes;

	private final ChannelHandlerContext context;

	LingeringClose(Channel channel, ByteGate bytes, ChannelHandlerContext context) {
		this.channel = channel;
		this.bytes = bytes;
		this.context = context;
	}

	/**
	 * Begin, on the event loop.
	 */
	void begin() {
		SslHandler tls = this.channel.pipeline().get(SslHandler.class);
		if (tls != null) {
			tls.closeOutbound().addListener((ignored) -> endOutput());
		}
		else {
			endOutput();
		}
		this.channel.eventLoop().schedule(() -> this.channel.close(), BOUND_MILLIS, TimeUnit.MILLISECONDS);
	}

	private void endOutput() {
		if (!(this.channel instanceof DuplexChannel duplex)) {
			this.channel.close();
			return;
		}
		duplex.shutdownOutput().addListener((ChannelFutureListener) (future) -> {
			if (future.isSuccess()) {
				// The channel closes itself when it reads the client's end.
				this.bytes.discard(this.context);
			}
			else {
				this.channel.close();
			}
		});
	}

}
