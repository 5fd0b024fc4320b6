package io.github.gracefulupgrade.netty;

import java.util.concurrent.atomic.AtomicInteger;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * Stands after the HTTP/1.1 codec, on the application's side, and sees every request
 * begin and end, and every response: what Reactor Netty has queued, dropped, or not got
 * to yet included.
 * <p>
 * All state is the connection's event loop's, except where it says otherwise.
 */
final class Exchanges extends ChannelDuplexHandler {

	private final HttpServerCodec codec;

	private final ByteGate bytes;

	private final Owner owner;

	/**
	 * Requests whose head has been decoded and whose response has not been written to the
	 * kernel to its end. Written on the event loop, read anywhere.
	 */
	private final AtomicInteger inFlight;

	/**
	 * Whether the last request that began has been received to its end.
	 */
	private boolean received;

	/**
	 * Whether the head of a final response has been written, and its end has not.
	 */
	private boolean responding;

	private boolean announced;

	/**
	 * Create the handler.
	 * @param codec the codec that it stands behind
	 * @param bytes the gate before the codec
	 * @param owner told when an exchange ends
	 * @param begun whether a request has been decoded already
	 */
	Exchanges(HttpServerCodec codec, ByteGate bytes, Owner owner, boolean begun) {
		this.codec = codec;
		this.bytes = bytes;
		this.owner = owner;
		this.inFlight = new AtomicInteger(begun ? 1 : 0);
		this.received = !begun;
	}

	@Override
	public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
		boolean head = msg instanceof HttpRequest;
		boolean end = msg instanceof LastHttpContent;
		if (head) {
			this.inFlight.lazySet(this.inFlight.getPlain() + 1);
			this.received = false;
		}
		if (end) {
			this.received = true;
			this.bytes.markRequestEnd(HttpCodecs.unread(this.codec));
		}
		super.channelRead(ctx, msg);
		if (end) {
			this.owner.requestReceived();
		}
	}

	@Override
	public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) throws Exception {
		// 1xx announces a response, and is none. 101 ends HTTP on this connection.
		if (msg instanceof HttpResponse response && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
			this.responding = true;
			if (this.inFlight.getPlain() <= 1 && this.owner.isLastResponse()) {
				this.announced = true;
				response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
			}
		}
		if (msg instanceof LastHttpContent && this.responding) {
			this.responding = false;
			ChannelPromise written = promise.unvoid();
			written.addListener((ChannelFutureListener) (future) -> {
				this.inFlight.lazySet(Math.max(0, this.inFlight.getPlain() - 1));
				this.owner.responseWritten();
			});
			super.write(ctx, msg, written);
			return;
		}
		super.write(ctx, msg, promise);
	}

	/**
	 * Whether every request that began was received and answered to its end, and nothing
	 * of another one has come.
	 */
	boolean isBetweenRequests() {
		return this.inFlight.getPlain() == 0 && this.received && !this.responding && this.bytes.isUntouched();
	}

	/**
	 * Whether there is a request, and it has been received to its end.
	 */
	boolean isOnlyAnswering() {
		return this.inFlight.getPlain() > 0 && this.received;
	}

	/**
	 * Whether the last response said that the connection closes.
	 */
	boolean isCloseAnnounced() {
		return this.announced && this.inFlight.getPlain() == 0;
	}

	/**
	 * The number of requests in flight. May be called from any thread.
	 */
	int inFlight() {
		return this.inFlight.get();
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
		 */
		boolean isLastResponse();

		/**
		 * A response has been written to the kernel to its end.
		 */
		void responseWritten();

	}

}
