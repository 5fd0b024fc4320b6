package io.github.gracefulupgrade.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpServerCodec;

/**
 * Stands directly before the HTTP/1.1 codec, on the network's side, behind TLS if there
 * is any. Knows whether bytes have entered the codec since the last request's end: the
 * codec takes a request's head in line by line, and nothing of it can be taken out again.
 * <p>
 * All state is the connection's event loop's.
 */
final class CodecInput extends ChannelInboundHandlerAdapter {

	private final HttpServerCodec codec;

	private boolean touched;

	CodecInput(HttpServerCodec codec, ExchangeState state) {
		this.codec = codec;
		this.touched = state.touched();
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		this.touched = true;
		ctx.fireChannelRead(msg);
	}

	/**
	 * A request has been decoded to its end.
	 */
	void markRequestEnd() {
		this.touched = HttpCodecs.unread(this.codec) > 0;
	}

	/**
	 * Whether the codec has received a byte since the end of the last request, or ever.
	 */
	boolean isTouched() {
		return this.touched;
	}

}
