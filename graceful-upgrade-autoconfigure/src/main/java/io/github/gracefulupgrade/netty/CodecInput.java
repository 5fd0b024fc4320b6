package io.github.gracefulupgrade.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpServerCodec;
import org.jspecify.annotations.Nullable;

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

	/**
	 * What the codec is being given and has nothing besides: what it has not decoded is
	 * what is readable there.
	 */
	private @Nullable ByteBuf only;

	CodecInput(HttpServerCodec codec, ExchangeState state) {
		this.codec = codec;
		this.touched = state.touched();
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		boolean only = !this.touched && msg instanceof ByteBuf buffer && buffer.isContiguous();
		this.touched = true;
		if (!only) {
			ctx.fireChannelRead(msg);
			return;
		}
		// Or it could be another's buffer by the time that it is looked at.
		ByteBuf buffer = ((ByteBuf) msg).retain();
		this.only = buffer;
		try {
			ctx.fireChannelRead(msg);
		}
		finally {
			this.only = null;
			buffer.release();
		}
	}

	/**
	 * A request has been decoded to its end.
	 */
	void markRequestEnd() {
		ByteBuf only = this.only;
		this.touched = ((only != null) ? only.readableBytes() : HttpCodecs.unread(this.codec)) > 0;
	}

	/**
	 * Whether the codec has received a byte since the end of the last request, or ever.
	 */
	boolean isTouched() {
		return this.touched;
	}

}
