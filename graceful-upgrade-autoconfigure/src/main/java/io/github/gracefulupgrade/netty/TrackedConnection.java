package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.websocket.WebsocketOutbound;

/**
 * One connection, from accept to close, and what a drain makes of it. What it speaks is
 * looked up in its pipeline when that matters: it may change at any time before.
 * <p>
 * All state is the connection's event loop's, except where it says otherwise.
 */
final class TrackedConnection implements Exchanges.Owner, ConnectionMove.Owner {

	static final AttributeKey<TrackedConnection> KEY = AttributeKey.valueOf(TrackedConnection.class, "connection");

	/**
	 * How the names of our handlers begin.
	 */
	static final String PREFIX = "gracefulUpgrade.";

	/**
	 * How long Reactor Netty gets to end its part of an exchange that is over.
	 */
	private static final long LOOK_AGAIN_MILLIS = 5;

	/**
	 * How long a connection is read on that is to be closed for being idle: what was sent
	 * before the client could know is in the kernel by now, or comes within this time.
	 */
	static final Duration LAST_REQUEST = Duration.ofMillis(100);

	private final Channel channel;

	private final ConnectionTracker tracker;

	private final ExchangeWatch watch;

	private final Inlet inlet;

	private final ConnectionMove move;

	/**
	 * Whether the last step is done: from then on this connection only waits for its
	 * close.
	 */
	private boolean leaving;

	/**
	 * Whether it is to be closed if nothing has come by {@link #lastRequestUntil}.
	 */
	private boolean expectsLastRequest;

	private long lastRequestUntil;

	private @Nullable WebSocketFarewell farewell;

	TrackedConnection(Channel channel, ListenerTraits listener, ConnectionTracker tracker) {
		this.channel = channel;
		this.tracker = tracker;
		this.watch = new ExchangeWatch(channel, tracker.states(), this);
		this.inlet = new Inlet(channel, this::drain);
		this.move = new ConnectionMove(channel, listener, tracker, this);
	}

	// --- what happens on the connection

	/**
	 * The connection is registered and its pipeline is as the server makes it, before the
	 * first byte is read.
	 */
	void initialized() {
		this.watch.initialized();
		if (this.tracker.drain() != null) {
			lookLater();
		}
	}

	@Override
	public void requestReceived() {
		Drain drain = this.tracker.drain();
		Exchanges exchanges = this.watch.exchanges();
		if (drain == null || exchanges == null || this.leaving) {
			return;
		}
		// At once, or the codec would be given the next request.
		if (isToReadNoMore(drain, exchanges)) {
			this.inlet.gate().shut();
		}
		lookLater();
	}

	@Override
	public boolean isLastResponse(boolean begunNext) {
		Drain drain = this.tracker.drain();
		return drain != null && !this.move.isPossible(drain) && (!begunNext || drain.isLate());
	}

	@Override
	public void responseWritten() {
		Exchanges exchanges = this.watch.exchanges();
		Drain drain = this.tracker.drain();
		if (drain != null) {
			drain.tally().finished.increment();
			lookLater();
		}
		else if (exchanges != null && exchanges.isCloseAnnounced()) {
			// By a drain that was called off meanwhile.
			close();
		}
	}

	@Override
	public void switchedProtocols() {
		lookLater();
	}

	/**
	 * Look when Reactor Netty has done its part of what is happening now.
	 */
	private void lookLater() {
		this.channel.eventLoop().execute(this::drain);
	}

	// --- drain

	/**
	 * Do what is to be done now, if a drain is on. Called whenever that may have changed.
	 */
	@Override
	public void drain() {
		Drain drain = this.tracker.drain();
		if (drain == null || this.leaving || !this.channel.isActive() || this.inlet.isClosing()) {
			return;
		}
		this.inlet.limit(null);
		ChannelOperations<?, ?> operations = ChannelOperations.get(this.channel);
		ChannelHandlerContext codec = this.channel.pipeline().context(HttpServerCodec.class);
		if (this.channel.pipeline().context(Http2FrameCodec.class) != null) {
			this.inlet.gate();
			this.leaving = true;
			new GoAway(this.channel, drain).begin();
		}
		else if (operations instanceof WebsocketOutbound webSocket) {
			this.inlet.gate().openForAnother();
			if (this.farewell == null) {
				this.farewell = new WebSocketFarewell(this.channel, webSocket, drain);
				this.farewell.begin();
			}
		}
		else if (codec != null) {
			drainHttp1(drain, this.watch.look(codec), operations);
		}
		else {
			// What it speaks is not settled yet. The gate tells when it may be.
			this.inlet.gate().open();
		}
	}

	private void drainHttp1(Drain drain, Exchanges exchanges, @Nullable ChannelOperations<?, ?> operations) {
		if (exchanges.isCloseAnnounced() && exchanges.inFlight() == 0) {
			drain.tally().announced.increment();
			close();
		}
		else if (this.move.isPossible(drain) && this.move.isEarly(drain)) {
			// As if there were no drain.
			return;
		}
		else if (exchanges.isBetweenRequests() && isAtRest(operations)) {
			if (drain.plan().closeIdle()) {
				closeUnlessRequestComes();
			}
			else if (this.move.isPossible(drain)) {
				if (!this.move.begin(drain)) {
					this.inlet.gate().open();
				}
			}
			else {
				this.inlet.gate().open();
			}
		}
		else {
			if (exchanges.isBetweenRequests()) {
				this.channel.eventLoop().schedule(this::drain, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
			}
			readOn(drain, exchanges);
		}
	}

	/**
	 * Close, but not at once: a connection that has just been accepted has a request that
	 * nobody has read so far, and so may any other. The response to it will announce the
	 * close.
	 */
	private void closeUnlessRequestComes() {
		if (!this.expectsLastRequest) {
			this.expectsLastRequest = true;
			this.lastRequestUntil = System.nanoTime() + LAST_REQUEST.toNanos();
			this.inlet.gate().open();
			this.channel.eventLoop().schedule(this::drain, LAST_REQUEST.toNanos(), TimeUnit.NANOSECONDS);
		}
		else if (System.nanoTime() - this.lastRequestUntil >= 0) {
			close();
		}
	}

	private void readOn(Drain drain, Exchanges exchanges) {
		if (isToReadNoMore(drain, exchanges)) {
			this.inlet.gate().shut();
		}
		else {
			if (this.move.isPossible(drain)) {
				this.inlet.limit(exchanges::bytesToRead);
			}
			if (exchanges.inFlight() == 0) {
				// A part of a request, and nobody there to ask for the rest.
				this.inlet.gate().read();
			}
			else {
				this.inlet.gate().open();
			}
		}
	}

	/**
	 * Whether the next request is the successor's, or nobody's.
	 */
	private boolean isToReadNoMore(Drain drain, Exchanges exchanges) {
		if (exchanges.isCloseAnnounced()) {
			return exchanges.isReceived();
		}
		return this.move.isPossible(drain) ? exchanges.hasOnlyWholeRequests() && !this.move.isEarly(drain)
				: exchanges.isReceived() && exchanges.inFlight() > 0 && drain.isLate();
	}

	/**
	 * Whether nothing is left to do for the requests that were answered.
	 */
	private boolean isAtRest(@Nullable ChannelOperations<?, ?> operations) {
		ChannelOutboundBuffer buffer = this.channel.unsafe().outboundBuffer();
		return operations == null && buffer != null && buffer.isEmpty();
	}

	/**
	 * The drain was called off.
	 */
	void serveOn() {
		Exchanges exchanges = this.watch.exchanges();
		this.farewell = null;
		this.expectsLastRequest = false;
		this.move.callOff();
		this.inlet.limit(null);
		if (exchanges != null) {
			if (exchanges.isCloseAnnounced()) {
				if (exchanges.inFlight() == 0 && !this.leaving && this.channel.isActive() && !this.inlet.isClosing()) {
					// Written to its end while the drain was called off.
					close();
				}
			}
			else {
				this.watch.rest();
			}
		}
		if (!this.leaving && (exchanges == null || !exchanges.isCloseAnnounced())) {
			this.inlet.removeGate();
		}
	}

	@Override
	public void leave() {
		this.leaving = true;
		closeNow();
	}

	@Override
	public void left() {
		this.tracker.closed(this);
	}

	/**
	 * Whether this connection is closed here and not yet on its way. May be called from
	 * any thread.
	 */
	boolean isMoving() {
		return this.move.isUnderWay();
	}

	/**
	 * Close, and linger: the gate sees to that.
	 */
	private void close() {
		this.inlet.gate();
		this.leaving = true;
		this.channel.close();
	}

	/**
	 * Time is up. What is between requests has nothing to lose that a proper end would
	 * not take longer than there is time for.
	 */
	void cut() {
		if (this.channel.isActive() && inFlight() == 0) {
			close();
		}
		else {
			leave();
		}
	}

	private void closeNow() {
		this.channel.unsafe().close(this.channel.voidPromise());
	}

	/**
	 * Run something on the connection's event loop, which it may not have yet.
	 */
	void execute(Runnable task) {
		if (this.channel.isRegistered()) {
			this.channel.eventLoop().execute(task);
		}
		// Else it was accepted a moment ago, and looks by itself when it is set up.
	}

	/**
	 * What would be cut now. May be called from any thread.
	 */
	int inFlight() {
		Http2FrameCodec http2 = this.channel.pipeline().get(Http2FrameCodec.class);
		if (http2 != null) {
			return http2.connection().numActiveStreams();
		}
		Exchanges exchanges = this.watch.exchanges();
		if (exchanges != null) {
			return exchanges.inFlight();
		}
		ChannelOperations<?, ?> operations = ChannelOperations.get(this.channel);
		return (operations instanceof HttpServerRequest && !(operations instanceof WebsocketOutbound)) ? 1 : 0;
	}

}
