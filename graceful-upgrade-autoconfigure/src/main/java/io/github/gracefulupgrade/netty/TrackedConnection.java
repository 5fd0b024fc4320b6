package io.github.gracefulupgrade.netty;

import java.net.InetSocketAddress;
import java.net.SocketAddress;

import io.github.gracefulupgrade.handover.Connections.Established;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.websocket.WebsocketOutbound;

/**
 * One connection, from accept to close, and what a drain makes of it. What it speaks is
 * looked up in its pipeline when that matters: it may change at any time before.
 * <p>
 * All state is the connection's event loop's, except where it says otherwise.
 */
final class TrackedConnection implements Exchanges.Owner {

	static final AttributeKey<TrackedConnection> KEY = AttributeKey.valueOf(TrackedConnection.class, "connection");

	private static final String PREFIX = "gracefulUpgrade.";

	private final Channel channel;

	private final ConnectionTracker tracker;

	private final ListenerTraits listener;

	private final ByteGate bytes = new ByteGate();

	/**
	 * Set once, on the event loop; read anywhere.
	 */
	private volatile @Nullable Exchanges exchanges;

	private boolean movable;

	/**
	 * The step that is the last one for this connection: from then on it only waits for
	 * its close.
	 */
	private boolean leaving;

	TrackedConnection(Channel channel, ListenerTraits listener, boolean movable, ConnectionTracker tracker) {
		this.channel = channel;
		this.listener = listener;
		this.movable = movable && listener.movable();
		this.tracker = tracker;
		channel.pipeline().addFirst(PREFIX + "bytes", this.bytes);
	}

	// --- what happens on the connection

	/**
	 * The pipeline is set up, which for TLS may be only when the first request is
	 * decoded.
	 * @param begun whether a request has been decoded already
	 */
	void configured(boolean begun) {
		if (this.exchanges != null) {
			return;
		}
		ChannelHandlerContext codec = this.channel.pipeline().context(HttpServerCodec.class);
		if (codec != null) {
			Exchanges exchanges = new Exchanges((HttpServerCodec) codec.handler(), this.bytes, this, begun);
			this.exchanges = exchanges;
			this.channel.pipeline().addAfter(codec.name(), PREFIX + "exchanges", exchanges);
		}
		drain();
	}

	@Override
	public void requestReceived() {
		drain();
	}

	@Override
	public boolean isLastResponse() {
		Drain drain = this.tracker.drain();
		return drain != null && !canMove(drain);
	}

	@Override
	public void responseWritten() {
		Drain drain = this.tracker.drain();
		if (drain != null) {
			drain.tally().finished.increment();
			// Later: Reactor Netty has not ended its part of the exchange yet.
			this.channel.eventLoop().execute(this::drain);
		}
	}

	// --- drain

	/**
	 * Do what is to be done now, if a drain is on. Called whenever that may have changed.
	 */
	void drain() {
		Drain drain = this.tracker.drain();
		if (drain == null || this.leaving || !this.channel.isActive()) {
			return;
		}
		Exchanges exchanges = this.exchanges;
		ChannelOperations<?, ?> operations = ChannelOperations.get(this.channel);
		if (this.channel.pipeline().context(Http2FrameCodec.class) != null) {
			this.leaving = true;
			drain.tally().goneAway.increment();
			new GoAway(this.channel, drain).begin();
		}
		else if (operations instanceof WebsocketOutbound webSocket) {
			this.leaving = true;
			this.bytes.open(context());
			new WebSocketFarewell(this.channel, webSocket, drain).begin();
		}
		else if (exchanges != null && this.channel.pipeline().context(HttpServerCodec.class) != null) {
			drainHttp1(drain, exchanges, operations);
		}
		// Else: what it speaks is not settled yet. It will be, or the drain's end comes.
		else if (drain.plan().closeIdle() && this.bytes.isUntouched()) {
			close();
		}
	}

	private void drainHttp1(Drain drain, Exchanges exchanges, @Nullable ChannelOperations<?, ?> operations) {
		if (exchanges.isCloseAnnounced()) {
			drain.tally().announced.increment();
			close();
		}
		else if (exchanges.isBetweenRequests() && operations == null && everythingIsSent()) {
			if (drain.plan().closeIdle()) {
				close();
			}
			else if (canMove(drain)) {
				move(drain);
			}
		}
		else if (canMove(drain) && exchanges.isOnlyAnswering()) {
			// The next request is the successor's.
			this.bytes.shut();
		}
		else {
			this.bytes.open(context());
		}
	}

	private boolean everythingIsSent() {
		ChannelOutboundBuffer buffer = this.channel.unsafe().outboundBuffer();
		return buffer != null && buffer.isEmpty();
	}

	/**
	 * Whether this connection may be handed over at all. Handlers that nobody knows may
	 * hold state that nobody would move.
	 */
	private boolean canMove(Drain drain) {
		return this.movable && drain.moves(this.listener.name()) && !isLinkLocal(this.channel.remoteAddress())
				&& this.channel.pipeline()
					.names()
					.stream()
					.allMatch((name) -> name.startsWith("reactor.") || name.startsWith(PREFIX)
							|| name.startsWith("DefaultChannelPipeline$"));
	}

	/**
	 * The scope of such an address is a number of this machine's that its text does not
	 * carry in a form worth relying on.
	 */
	private static boolean isLinkLocal(SocketAddress address) {
		return !(address instanceof InetSocketAddress inet) || inet.getAddress().isLinkLocalAddress();
	}

	/**
	 * Hand this connection over. In one go on the event loop, so that no byte is read in
	 * between: the duplicate keeps the connection open, what is unread stays in the
	 * kernel, and no FIN is sent.
	 */
	private void move(Drain drain) {
		Established established;
		try {
			established = new Established(this.listener.name(), Addresses.text(this.channel.remoteAddress()),
					this.tracker.duplicate(((UnixChannel) this.channel).fd().intValue()));
		}
		catch (RuntimeException ex) {
			// Out of descriptors: this one drains.
			this.movable = false;
			this.bytes.open(context());
			return;
		}
		this.leaving = true;
		drain.moving(established);
		this.channel.close();
	}

	/**
	 * The drain was called off.
	 */
	void serveOn() {
		if (!this.leaving) {
			this.bytes.open(context());
		}
	}

	private void close() {
		this.leaving = true;
		new LingeringClose(this.channel, this.bytes, context()).begin();
	}

	/**
	 * Time is up.
	 */
	void cut() {
		this.leaving = true;
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
		Exchanges exchanges = this.exchanges;
		return (exchanges != null) ? exchanges.inFlight() : 0;
	}

	private ChannelHandlerContext context() {
		return this.channel.pipeline().context(this.bytes);
	}

}
