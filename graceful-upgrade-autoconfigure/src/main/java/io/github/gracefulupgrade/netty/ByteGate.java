package io.github.gracefulupgrade.netty;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;

/**
 * Stands before the HTTP codec, on the network's side. Knows whether bytes have entered
 * the codec, and can keep more from being read, or read and throw them away.
 * <p>
 * All state is the connection's event loop's.
 */
final class ByteGate extends ChannelDuplexHandler {

	/**
	 * Whether bytes have entered the codec since {@link #markRequestEnd}, or ever.
	 */
	private boolean touched;

	private boolean shut;

	private boolean readWanted;

	private boolean discarding;

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		if (this.discarding) {
			ReferenceCountUtil.release(msg);
			return;
		}
		this.touched = true;
		super.channelRead(ctx, msg);
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
		if (this.discarding) {
			ctx.read();
			return;
		}
		super.channelReadComplete(ctx);
	}

	@Override
	public void read(ChannelHandlerContext ctx) throws Exception {
		if (this.shut) {
			this.readWanted = true;
			return;
		}
		super.read(ctx);
	}

	/**
	 * A request has been read to its end.
	 * @param unread the bytes that the codec has received beyond it
	 */
	void markRequestEnd(int unread) {
		this.touched = (unread > 0);
	}

	/**
	 * Whether the codec has received no byte since the end of the last request.
	 */
	boolean isUntouched() {
		return !this.touched;
	}

	/**
	 * Read no more: what comes stays in the kernel, for whoever reads this connection
	 * next.
	 */
	void shut() {
		this.shut = true;
	}

	/**
	 * Read on.
	 */
	void open(ChannelHandlerContext ctx) {
		this.shut = false;
		if (this.readWanted) {
			this.readWanted = false;
			ctx.read();
		}
	}

	/**
	 * Read what comes and throw it away.
	 */
	void discard(ChannelHandlerContext ctx) {
		this.discarding = true;
		this.shut = false;
		ctx.read();
	}

}
