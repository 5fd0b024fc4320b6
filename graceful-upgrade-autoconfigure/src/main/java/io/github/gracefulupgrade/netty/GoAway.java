package io.github.gracefulupgrade.netty;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.util.ReferenceCountUtil;

/**
 * Ends an HTTP/2 connection as RFC 9113 section 6.8 wants it: a GOAWAY that names the
 * highest stream id there is, so that streams on their way here are served; when the
 * client must have read it, another one with the last stream id that came; and a close
 * when the last stream is done.
 */
final class GoAway extends ChannelDuplexHandler {

	/**
	 * How long a client may take to answer a PING before it is taken to have read what
	 * came before.
	 */
	private static final long ROUND_TRIP_MILLIS = 1000;

	private final Channel channel;

	private final Drain drain;

	private final long ping = ThreadLocalRandom.current().nextLong();

	private boolean closing;

	GoAway(Channel channel, Drain drain) {
		this.channel = channel;
		this.drain = drain;
	}

	void begin() {
		ChannelHandlerContext codec = this.channel.pipeline().context(Http2FrameCodec.class);
		this.channel.pipeline().addAfter(codec.name(), "gracefulUpgrade.goAway", this);
		ChannelHandlerContext context = this.channel.pipeline().context(this);
		this.drain.tally().goneAway.increment();
		context.write(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
		context.writeAndFlush(new DefaultHttp2PingFrame(this.ping));
		this.channel.eventLoop().schedule(this::nameTheLast, ROUND_TRIP_MILLIS, TimeUnit.MILLISECONDS);
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		if (msg instanceof Http2PingFrame frame && frame.ack() && frame.content() == this.ping) {
			ReferenceCountUtil.release(msg);
			nameTheLast();
			return;
		}
		super.channelRead(ctx, msg);
	}

	/**
	 * Counts the responses that were sent to their end, and not the streams that closed:
	 * a client may reset one, and all close when what is left is cut. A response whose
	 * end was written before the drain, and waits for its client to read, is not counted.
	 */
	@Override
	public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) throws Exception {
		boolean last = (msg instanceof Http2HeadersFrame headers && headers.isEndStream())
				|| (msg instanceof Http2DataFrame data && data.isEndStream());
		ChannelPromise told = last ? promise.unvoid() : promise;
		if (last) {
			told.addListener((ChannelFutureListener) (written) -> {
				if (written.isSuccess()) {
					this.drain.tally().finished.increment();
				}
			});
		}
		super.write(ctx, msg, told);
	}

	/**
	 * Name the last stream. Netty's close of an HTTP/2 connection waits for those that
	 * are there, but sends no second GOAWAY by itself.
	 */
	private void nameTheLast() {
		Http2FrameCodec codec = this.channel.pipeline().get(Http2FrameCodec.class);
		if (this.closing || codec == null) {
			return;
		}
		this.closing = true;
		this.channel.pipeline().context(this).write(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
		// No deadline of the codec's own: the drain has one, and may be called off.
		codec.gracefulShutdownTimeoutMillis(-1);
		this.channel.close();
	}

}
