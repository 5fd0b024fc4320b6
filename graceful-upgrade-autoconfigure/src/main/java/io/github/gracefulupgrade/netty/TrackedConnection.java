package io.github.gracefulupgrade.netty;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

import io.github.gracefulupgrade.handover.Connections.Established;
import io.github.gracefulupgrade.handover.Descriptor;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.ssl.SslHandler;
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

	/**
	 * How the names of our handlers begin.
	 */
	static final String PREFIX = "gracefulUpgrade.";

	/**
	 * How long Reactor Netty gets to end its part of an exchange that is over.
	 */
	private static final long LOOK_AGAIN_MILLIS = 5;

	private final Channel channel;

	private final ConnectionTracker tracker;

	private final ListenerTraits listener;

	private final ExchangeWatch watch;

	/**
	 * In place from the first look that a drain takes until the drain is called off.
	 */
	private @Nullable ByteGate gate;

	/**
	 * In place from the first time that a drain limits what is read.
	 */
	private @Nullable ReadLimit readLimit;

	private final boolean movable;

	/**
	 * Whether this connection stays where it is for as long as the drain is on: there was
	 * no descriptor left to send.
	 */
	private boolean staying;

	/**
	 * Whether the last step is done: from then on this connection only waits for its
	 * close.
	 */
	private boolean leaving;

	private volatile boolean moving;

	private @Nullable WebSocketFarewell farewell;

	/**
	 * The drain in which this connection has, or had, a moment of its own.
	 */
	private @Nullable Drain awaiting;

	/**
	 * That moment, as {@link System#nanoTime()}.
	 */
	private long moment;

	TrackedConnection(Channel channel, ListenerTraits listener, ConnectionTracker tracker) {
		this.channel = channel;
		this.listener = listener;
		this.movable = listener.movable();
		this.tracker = tracker;
		this.watch = new ExchangeWatch(channel, tracker.states(), this);
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
			gate().shut();
		}
		lookLater();
	}

	@Override
	public boolean isLastResponse(boolean begunNext) {
		Drain drain = this.tracker.drain();
		return drain != null && !canMove(drain) && (!begunNext || drain.isLate());
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
	void drain() {
		Drain drain = this.tracker.drain();
		if (drain == null || this.leaving || !this.channel.isActive() || isClosing()) {
			return;
		}
		limitReads(null);
		ChannelOperations<?, ?> operations = ChannelOperations.get(this.channel);
		ChannelHandlerContext codec = this.channel.pipeline().context(HttpServerCodec.class);
		if (this.channel.pipeline().context(Http2FrameCodec.class) != null) {
			gate();
			this.leaving = true;
			new GoAway(this.channel, drain).begin();
		}
		else if (operations instanceof WebsocketOutbound webSocket) {
			gate().open();
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
			gate().open();
		}
	}

	private void drainHttp1(Drain drain, Exchanges exchanges, @Nullable ChannelOperations<?, ?> operations) {
		if (exchanges.isCloseAnnounced() && exchanges.inFlight() == 0) {
			drain.tally().announced.increment();
			close();
		}
		else if (canMove(drain) && isEarly(drain)) {
			// As if there were no drain.
			return;
		}
		else if (exchanges.isBetweenRequests() && isAtRest(operations)) {
			if (drain.plan().closeIdle()) {
				close();
			}
			else if (canMove(drain)) {
				move(drain);
			}
			else {
				gate().open();
			}
		}
		else {
			if (exchanges.isBetweenRequests()) {
				this.channel.eventLoop().schedule(this::drain, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
			}
			readOn(drain, exchanges);
		}
	}

	private void readOn(Drain drain, Exchanges exchanges) {
		if (isToReadNoMore(drain, exchanges)) {
			gate().shut();
		}
		else {
			if (canMove(drain)) {
				limitReads(exchanges::bytesToRead);
			}
			if (exchanges.inFlight() == 0) {
				// A part of a request, and nobody there to ask for the rest.
				gate().read();
			}
			else {
				gate().open();
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
		return canMove(drain) ? exchanges.hasOnlyWholeRequests() && !isEarly(drain)
				: exchanges.isReceived() && exchanges.inFlight() > 0 && drain.isLate();
	}

	/**
	 * Whether the moment is still to come from which this connection is handed over.
	 */
	private boolean isEarly(Drain drain) {
		if (!drain.isSpread()) {
			return false;
		}
		if (this.awaiting != drain) {
			this.awaiting = drain;
			this.moment = drain.nextMoment();
			this.channel.eventLoop().schedule(this::drain, this.moment - System.nanoTime(), TimeUnit.NANOSECONDS);
		}
		return this.moment - System.nanoTime() > 0;
	}

	/**
	 * Whether nothing is left to do for the requests that were answered.
	 */
	private boolean isAtRest(@Nullable ChannelOperations<?, ?> operations) {
		ChannelOutboundBuffer buffer = this.channel.unsafe().outboundBuffer();
		return operations == null && buffer != null && buffer.isEmpty();
	}

	/**
	 * Whether this connection may be handed over at all. Handlers that nobody knows may
	 * hold state that nobody would move.
	 */
	private boolean canMove(Drain drain) {
		return this.movable && !this.staying && drain.moves(this.listener.name())
				&& !isLinkLocal(this.channel.remoteAddress()) && this.channel.pipeline().get(SslHandler.class) == null
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
	 * kernel, and no FIN is sent. Only then is it sent: at no time do two processes read.
	 */
	private void move(Drain drain) {
		String remote = Addresses.text(this.channel.remoteAddress());
		Descriptor duplicate;
		try {
			duplicate = this.tracker.duplicate(((UnixChannel) this.channel).fd().intValue());
		}
		catch (RuntimeException ex) {
			// Out of descriptors: this one drains.
			this.staying = true;
			gate().open();
			return;
		}
		this.leaving = true;
		this.moving = true;
		closeNow();
		try {
			drain.moving(new Established(this.listener.name(), remote, duplicate));
		}
		finally {
			this.moving = false;
			this.tracker.closed(this);
		}
	}

	/**
	 * Whether this connection is closed here and not yet on its way. Until it is, there
	 * is something left to drain.
	 */
	boolean isMoving() {
		return this.moving;
	}

	/**
	 * The drain was called off.
	 */
	void serveOn() {
		Exchanges exchanges = this.watch.exchanges();
		this.farewell = null;
		this.staying = false;
		limitReads(null);
		if (exchanges != null) {
			if (exchanges.isCloseAnnounced()) {
				if (exchanges.inFlight() == 0 && !this.leaving && this.channel.isActive() && !isClosing()) {
					// Written to its end while the drain was called off.
					close();
				}
			}
			else {
				this.watch.rest();
			}
		}
		ByteGate gate = this.gate;
		if (gate != null && !this.leaving && !gate.isClosing()
				&& (exchanges == null || !exchanges.isCloseAnnounced())) {
			this.gate = null;
			gate.open();
			this.channel.pipeline().remove(gate);
		}
	}

	private void limitReads(@Nullable IntSupplier limit) {
		ReadLimit readLimit = this.readLimit;
		if (readLimit == null && limit != null) {
			readLimit = ReadLimit.install(this.channel);
			this.readLimit = readLimit;
		}
		if (readLimit != null) {
			readLimit.set(limit);
		}
	}

	/**
	 * Whether it is being closed by whomever.
	 */
	private boolean isClosing() {
		return this.gate != null && this.gate.isClosing();
	}

	/**
	 * Close, and linger: the gate sees to that.
	 */
	private void close() {
		gate();
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
			this.leaving = true;
			closeNow();
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
		return (operations != null && !(operations instanceof WebsocketOutbound)) ? 1 : 0;
	}

	/**
	 * The gate, which is put in place if it is not there yet.
	 */
	private ByteGate gate() {
		ByteGate gate = this.gate;
		if (gate == null) {
			gate = new ByteGate(this::drain);
			this.gate = gate;
			this.channel.pipeline().addFirst(PREFIX + "gate", gate);
		}
		return gate;
	}

}
