package io.github.gracefulupgrade.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;

/**
 * Stands behind the handler that completes a pipeline by what TLS negotiated, and tells
 * when that is done: the handshake is over, and nothing that came with its last bytes has
 * been decoded. Then it goes.
 */
final class Negotiated extends ChannelInboundHandlerAdapter {

	private final Runnable done;

	/**
	 * Create the handler.
	 * @param done run once, on the connection's event loop
	 */
	Negotiated(Runnable done) {
		this.done = done;
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object evt) throws Exception {
		if (evt instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
			ctx.pipeline().remove(this);
			this.done.run();
		}
		ctx.fireUserEventTriggered(evt);
	}

}
