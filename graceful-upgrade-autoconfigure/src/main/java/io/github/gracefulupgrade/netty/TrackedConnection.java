package io.github.gracefulupgrade.netty;

import java.util.concurrent.atomic.AtomicInteger;

import io.github.gracefulupgrade.handover.Connections.Idle;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one connection. As a handler it stands next to the HTTP/1.1 codec, on
 * the application's side, and sees requests begin and responses end.
 * <p>
 * All state is the connection's event loop's; {@link #inFlight} may be read elsewhere.
 */
final class TrackedConnection extends ChannelDuplexHandler {

	static final AttributeKey<TrackedConnection> KEY = AttributeKey.valueOf(TrackedConnection.class, "connection");

	private static final String NAME = "gracefulUpgrade.http";

	private final Channel channel;

	private final ConnectionTracker tracker;

	private Protocol protocol = Protocol.UNKNOWN;

	/**
	 * Requests whose head has been decoded and whose response has not ended. Written by
	 * the event loop only.
	 */
	private final AtomicInteger inFlight = new AtomicInteger();

	private @Nullable Idle draining;

	/**
	 * Whether the response that is being written is the last one on this connection.
	 */
	private boolean closeAfterResponse;

	/**
	 * Whether the head of the response to the oldest request has been written.
	 */
	private boolean responding;

	TrackedConnection(Channel channel, ConnectionTracker tracker) {
		this.channel = channel;
		this.tracker = tracker;
	}

	// --- what happens on the connection

	void connected() {
		if (this.protocol != Protocol.UNKNOWN) {
			return;
		}
		ChannelHandlerContext codec = this.channel.pipeline().context(HttpServerCodec.class);
		if (codec != null) {
			this.protocol = Protocol.HTTP_1;
			this.channel.pipeline().addAfter(codec.name(), NAME, this);
		}
		else if (this.channel.pipeline().context(Http2FrameCodec.class) != null) {
			this.protocol = Protocol.HTTP_2;
		}
		if (this.draining != null) {
			drainNow(this.draining);
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		if (msg instanceof HttpRequest) {
			this.inFlight.lazySet(this.inFlight.getPlain() + 1);
		}
		super.channelRead(ctx, msg);
	}

	@Override
	public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) throws Exception {
		if (msg instanceof HttpResponse response) {
			if (HttpResponseStatus.SWITCHING_PROTOCOLS.equals(response.status())) {
				this.protocol = Protocol.UPGRADED;
			}
			else if (response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
				this.responding = true;
				announceClose(response);
			}
		}
		if (msg instanceof LastHttpContent && this.responding) {
			this.responding = false;
			ChannelPromise written = promise.unvoid();
			written.addListener((ChannelFutureListener) (future) -> answered());
			super.write(ctx, msg, written);
			return;
		}
		super.write(ctx, msg, promise);
	}

	private void announceClose(HttpResponse response) {
		// Requests that came with this one or after it are answered first: they were
		// received, and the client may not repeat them on its own.
		if (this.draining != null && this.inFlight.getPlain() <= 1) {
			this.closeAfterResponse = true;
			response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
		}
	}

	private void answered() {
		this.inFlight.lazySet(Math.max(0, this.inFlight.getPlain() - 1));
		if (this.draining == null) {
			return;
		}
		this.tracker.answered();
		if (this.closeAfterResponse || (this.draining == Idle.CLOSE && this.inFlight.getPlain() == 0)) {
			this.channel.close();
		}
	}

	// --- drain, called on any thread

	void drain(Idle idle) {
		onEventLoop(() -> drainNow(idle));
	}

	private void drainNow(Idle idle) {
		this.draining = idle;
		switch (this.protocol) {
			case HTTP_1 -> {
				if (this.inFlight.getPlain() == 0 && idle == Idle.CLOSE) {
					this.channel.close();
				}
			}
			// Sends GOAWAY, lets the streams finish, and closes then.
			case HTTP_2 -> this.channel.close();
			case UPGRADED, UNKNOWN -> {
				if (idle == Idle.CLOSE && this.protocol == Protocol.UNKNOWN) {
					this.channel.close();
				}
			}
		}
	}

	void serveOn() {
		onEventLoop(() -> this.draining = null);
	}

	void cut() {
		onEventLoop(() -> this.channel.unsafe().close(this.channel.voidPromise()));
	}

	int inFlight() {
		if (this.protocol == Protocol.HTTP_2) {
			Http2FrameCodec codec = this.channel.pipeline().get(Http2FrameCodec.class);
			return (codec != null) ? codec.connection().numActiveStreams() : 0;
		}
		return (this.protocol == Protocol.UPGRADED) ? 1 : this.inFlight.get();
	}

	private void onEventLoop(Runnable task) {
		if (this.channel.isRegistered()) {
			this.channel.eventLoop().execute(task);
		}
		else {
			// Accepted a moment ago, and on its way to its event loop: connected() will
			// look. Whoever comes too late for that is closed with the process.
			this.channel.closeFuture();
		}
	}

	/**
	 * What a connection speaks.
	 */
	private enum Protocol {

		/**
		 * Not known yet: no pipeline, or the TLS handshake is not over.
		 */
		UNKNOWN,

		/**
		 * HTTP/1.1, with TLS or without.
		 */
		HTTP_1,

		/**
		 * HTTP/2 on the whole connection.
		 */
		HTTP_2,

		/**
		 * HTTP/1.1 was left for something else: WebSocket, or HTTP/2.
		 */
		UPGRADED

	}

}
