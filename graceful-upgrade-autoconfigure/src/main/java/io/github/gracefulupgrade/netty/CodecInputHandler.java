package io.github.gracefulupgrade.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Stands directly before the HTTP/1.1 codec, on the network's side, where other handlers
 * do so too, such as TLS: what is read from the network is not what enters the codec.
 */
final class CodecInputHandler extends ChannelInboundHandlerAdapter implements CodecInput {

	private boolean touched;

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		this.touched = true;
		ctx.fireChannelRead(msg);
	}

	@Override
	public void markRequestEnd(int unread) {
		this.touched = (unread > 0);
	}

	@Override
	public boolean isTouched() {
		return this.touched;
	}

}
