package io.github.gracefulupgrade.netty;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler.PriorKnowledgeUpgradeEvent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * Stands after the HTTP/1.1 codec, on the application's side, and sees every request
 * begin and end, and every response: what Reactor Netty has queued, dropped, or not got
 * to yet included.
 * <p>
 * All state is the connection's event loop's, except where it says otherwise.
 */
final class Exchanges extends ChannelDuplexHandler {

	private final CodecInput input;

	private final Owner owner;

	/**
	 * Requests whose head has been decoded and whose response has not been written to the
	 * kernel to its end. Written on the event loop, read anywhere.
	 */
	private volatile int inFlight;

	/**
	 * Whether the last request that began has been received to its end.
	 */
	private boolean received;

	/**
	 * The request that has not been received to its end, if its head passed here.
	 */
	private @Nullable HttpRequest receiving;

	/**
	 * How many bytes of its body have been received.
	 */
	private long bodyBytes;

	/**
	 * Whether the head of a final response has been written, and its end has not.
	 */
	private boolean responding;

	private boolean announced;

	/**
	 * Whether what comes in belongs to a request after the one whose response announced
	 * the close.
	 */
	private boolean ignoring;

	/**
	 * Whether something else than well-formed HTTP/1.1 came or went: where one message
	 * ends and the next one begins is unknown from then on.
	 */
	private boolean lost;

	/**
	 * Create the handler.
	 * @param input what stands before the codec
	 * @param owner told when an exchange ends
	 * @param state how far they have got
	 */
	Exchanges(CodecInput input, Owner owner, ExchangeState state) {
		this.inFlight = state.inFlight();
		this.received = state.received();
		this.responding = state.responding();
		this.lost = state.lost();
		this.input = input;
		this.owner = owner;
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		if (msg instanceof HttpRequest request) {
			begin(request);
		}
		if (msg instanceof HttpContent content) {
			this.bodyBytes += content.content().readableBytes();
		}
		if (msg instanceof HttpObject object && object.decoderResult().isFailure()) {
			this.lost = true;
		}
		boolean end = msg instanceof LastHttpContent;
		if (end) {
			this.received = true;
			this.receiving = null;
			this.input.markRequestEnd();
		}
		if (this.ignoring) {
			ReferenceCountUtil.release(msg);
			return;
		}
		ctx.fireChannelRead(msg);
		if (end) {
			this.owner.requestReceived();
		}
	}

	private void begin(HttpRequest request) {
		// RFC 9112 section 9.6: no request is processed after the last one.
		this.ignoring |= this.announced;
		if (!this.ignoring) {
			count(1);
		}
		this.received = false;
		this.receiving = request;
		this.bodyBytes = 0;
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext ctx, Object evt) throws Exception {
		ctx.fireUserEventTriggered(evt);
		if (evt instanceof PriorKnowledgeUpgradeEvent) {
			this.lost = true;
			leave(ctx);
		}
	}

	@Override
	public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) throws Exception {
		if (msg instanceof HttpResponse response) {
			writeHead(response);
			if (isSwitchingProtocols(response)) {
				ctx.write(msg, promise.unvoid().addListener((future) -> leave(ctx)));
				return;
			}
		}
		if (msg instanceof LastHttpContent && this.responding) {
			this.responding = false;
			ctx.write(msg, promise.unvoid().addListener((ChannelFutureListener) this::written));
			return;
		}
		ctx.write(msg, promise);
	}

	private void writeHead(HttpResponse response) {
		if (response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
			this.responding = true;
			if (this.inFlight <= 1 && !this.announced && this.owner.isLastResponse(begunNext())) {
				this.announced = true;
				response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
			}
		}
		else if (isSwitchingProtocols(response)) {
			// The end of HTTP/1.1 here. Other 1xx announce a response, and are none.
			this.lost = true;
			count(-1);
			this.owner.switchedProtocols();
		}
	}

	private static boolean isSwitchingProtocols(HttpResponse response) {
		return response.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code();
	}

	/**
	 * HTTP/1.1 is over here: what comes and goes now need not pass.
	 */
	private void leave(ChannelHandlerContext context) {
		if (!context.isRemoved()) {
			context.pipeline().remove(this);
			context.pipeline().remove(this.input);
		}
	}

	/**
	 * If it failed, the request is unanswered, and the connection good for nothing more.
	 */
	private void written(ChannelFuture future) {
		if (future.isSuccess()) {
			count(-1);
			this.owner.responseWritten();
		}
	}

	/**
	 * Called on the event loop only, or it would lose counts.
	 */
	private void count(int change) {
		this.inFlight = Math.max(0, this.inFlight + change);
	}

	/**
	 * Count responses that have been written before these were here, and have not reached
	 * the kernel, as one in flight.
	 * @param codecContext the codec's
	 */
	void countUnflushed(ChannelHandlerContext codecContext) {
		ChannelOutboundBuffer buffer = codecContext.channel().unsafe().outboundBuffer();
		if (!this.responding && buffer != null && !buffer.isEmpty()) {
			count(1);
			// Written when all before it is.
			codecContext.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) this::written);
		}
	}

	/**
	 * Look at nothing more.
	 * @param pipeline the connection's
	 */
	void leave(ChannelPipeline pipeline) {
		ChannelHandlerContext context = pipeline.context(this);
		if (context != null) {
			leave(context);
		}
	}

	/**
	 * Whether a part of a head has come that is of a request after the last one that has
	 * been received.
	 */
	private boolean begunNext() {
		return this.received && this.input.isTouched();
	}

	/**
	 * Whether every request that began was received and answered to its end, and nothing
	 * of another one has come.
	 */
	boolean isBetweenRequests() {
		return this.inFlight == 0 && !this.responding && hasOnlyWholeRequests();
	}

	/**
	 * Whether every request that began has been received to its end, and nothing of
	 * another one has come.
	 */
	boolean hasOnlyWholeRequests() {
		return this.received && !this.lost && !this.input.isTouched();
	}

	/**
	 * Whether a response has begun and not ended.
	 */
	boolean isResponding() {
		return this.responding;
	}

	/**
	 * Whether the last response said that the connection closes.
	 */
	boolean isCloseAnnounced() {
		return this.announced;
	}

	/**
	 * Whether the last request that began has been received to its end.
	 */
	boolean isReceived() {
		return this.received;
	}

	/**
	 * How many bytes can be read without reading beyond the end of the request that has
	 * begun. A head ends where nobody can know, so it is one by one; so does a chunked
	 * body, but one that is followed at once by another request is rare, and large ones
	 * are not.
	 */
	int bytesToRead() {
		HttpRequest request = this.receiving;
		if (this.lost) {
			return Integer.MAX_VALUE;
		}
		if (this.received) {
			return 1;
		}
		if (request == null || HttpUtil.isTransferEncodingChunked(request)) {
			return Integer.MAX_VALUE;
		}
		long left = HttpUtil.getContentLength(request, Long.MAX_VALUE) - this.bodyBytes;
		return (int) Math.max(1, Math.min(Integer.MAX_VALUE, left));
	}

	/**
	 * The number of requests in flight. May be called from any thread.
	 */
	int inFlight() {
		return this.inFlight;
	}

	/**
	 * Who is interested in the exchanges on a connection.
	 */
	interface Owner {

		/**
		 * A request has been received to its end.
		 */
		void requestReceived();

		/**
		 * Whether the response whose head is about to be written is to be the last one.
		 * @param begunNext whether a part of another request has come
		 */
		boolean isLastResponse(boolean begunNext);

		/**
		 * A response has been written to the kernel to its end.
		 */
		void responseWritten();

		/**
		 * The connection is about to speak something else than HTTP.
		 */
		void switchedProtocols();

	}

}
