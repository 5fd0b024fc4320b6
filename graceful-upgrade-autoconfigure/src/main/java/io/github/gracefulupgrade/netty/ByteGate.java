package io.github.gracefulupgrade.netty;

import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * Stands at the network's end of a pipeline while a drain is on, and in none before: can
 * keep the connection from being read, tells when it was read, and makes each close a
 * lingering one, whoever closes.
 * <p>
 * All state is the connection's event loop's.
 */
final class ByteGate extends ChannelDuplexHandler {

	private final Runnable wasRead;

	private boolean shut;

	/**
	 * Whether auto-read was on when the gate was shut.
	 */
	private boolean autoRead;

	private @Nullable LingeringClose closing;

	private @Nullable ChannelHandlerContext context;

	/**
	 * Create the gate, which is open.
	 * @param wasRead run on the event loop after something was read, when what came of it
	 * is done
	 */
	ByteGate(Runnable wasRead) {
		this.wasRead = wasRead;
	}

	@Override
	public void handlerAdded(ChannelHandlerContext ctx) {
		this.context = ctx;
	}

	@Override
	public void handlerRemoved(ChannelHandlerContext ctx) {
		this.context = null;
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		if (this.closing != null) {
			ReferenceCountUtil.release(msg);
			return;
		}
		ctx.fireChannelRead(msg);
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
		if (this.closing != null) {
			ctx.read();
			return;
		}
		ctx.fireChannelReadComplete();
		ctx.channel().eventLoop().execute(this.wasRead);
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object evt) throws Exception {
		if (this.closing != null) {
			this.closing.heard(evt);
		}
		ctx.fireUserEventTriggered(evt);
	}

	@Override
	public void read(ChannelHandlerContext ctx) throws Exception {
		if (!this.shut) {
			ctx.read();
		}
	}

	@Override
	public void close(ChannelHandlerContext ctx, ChannelPromise promise) throws Exception {
		if (this.closing == null) {
			this.closing = new LingeringClose(ctx);
			this.shut = false;
			this.closing.begin();
		}
		this.closing.tell(promise);
	}

	/**
	 * Whether the connection is being closed, by whomever: nothing more is read of it but
	 * to throw it away.
	 */
	boolean isClosing() {
		return this.closing != null;
	}

	/**
	 * Read no more: what comes stays in the kernel, for whoever reads this connection
	 * next.
	 */
	void shut() {
		ChannelHandlerContext ctx = this.context;
		if (ctx == null || this.shut || this.closing != null) {
			return;
		}
		this.shut = true;
		// To swallow reads is not enough: one may be under way, and with auto-read on,
		// the transport reads without being asked. Off from on takes both back.
		ChannelConfig config = ctx.channel().config();
		this.autoRead = config.isAutoRead();
		config.setAutoRead(true);
		config.setAutoRead(false);
	}

	/**
	 * Read on.
	 */
	void open() {
		open(this.autoRead);
	}

	/**
	 * Read on for another protocol, which has set auto-read itself meanwhile: it may want
	 * nothing to be read before somebody asks.
	 */
	void openForAnother() {
		open(false);
	}

	private void open(boolean autoRead) {
		ChannelHandlerContext ctx = this.context;
		if (ctx == null || !this.shut) {
			return;
		}
		this.shut = false;
		if (autoRead) {
			ctx.channel().config().setAutoRead(true);
		}
		ctx.read();
	}

	/**
	 * Read on, even if nobody asks for it.
	 */
	void read() {
		ChannelHandlerContext ctx = this.context;
		if (ctx != null) {
			open();
			ctx.read();
		}
	}

}
