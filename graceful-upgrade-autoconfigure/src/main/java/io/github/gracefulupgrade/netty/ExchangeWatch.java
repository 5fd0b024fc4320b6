package io.github.gracefulupgrade.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import org.jspecify.annotations.Nullable;

/**
 * How it is known what a connection is in the middle of: by asking once, when a drain
 * takes its first look, and looking on from then; or, where the answer would not be
 * enough, by looking on from the accept.
 * <p>
 * All state is the connection's event loop's, but {@link #exchanges()} may be called on
 * any thread.
 */
final class ExchangeWatch {

	private final Channel channel;

	private final ExchangeStates states;

	private final Exchanges.Owner owner;

	private volatile @Nullable Exchanges exchanges;

	/**
	 * Create the watch of a connection. Nobody looks yet.
	 * @param channel the connection
	 * @param states whom to ask
	 * @param owner who is told of requests and responses while somebody looks
	 */
	ExchangeWatch(Channel channel, ExchangeStates states, Exchanges.Owner owner) {
		this.channel = channel;
		this.states = states;
		this.owner = owner;
	}

	/**
	 * The pipeline is as the server makes it, and no byte has been read.
	 */
	void initialized() {
		if (!canBeAsked()) {
			whenNegotiated(this::lookFromTheStart);
		}
	}

	/**
	 * Whether it is enough to ask when a drain begins. What offers an upgrade to HTTP/2
	 * may hold a request back that nobody else knows of.
	 */
	private boolean canBeAsked() {
		return this.states.areKnown() && this.channel.pipeline().context(HttpServerUpgradeHandler.class) == null;
	}

	/**
	 * Behind TLS, what the pipeline will be may depend on what is negotiated.
	 */
	private void whenNegotiated(Runnable task) {
		ChannelHandlerContext negotiation = this.channel.pipeline()
			.context(ApplicationProtocolNegotiationHandler.class);
		if (negotiation != null) {
			this.channel.pipeline()
				.addAfter(negotiation.name(), TrackedConnection.PREFIX + "negotiated", new Negotiated(task));
		}
		else {
			task.run();
		}
	}

	private void lookFromTheStart() {
		ChannelHandlerContext codec = this.channel.pipeline().context(HttpServerCodec.class);
		if (codec != null) {
			look(codec, ExchangeState.NEW);
		}
	}

	/**
	 * Look, from now on if nobody looked before.
	 * @param codec the codec of a connection that speaks HTTP/1.1
	 */
	Exchanges look(ChannelHandlerContext codec) {
		Exchanges exchanges = this.exchanges;
		if (exchanges == null) {
			exchanges = look(codec, this.states.of(this.channel, (HttpServerCodec) codec.handler()));
			exchanges.countUnflushed(codec);
		}
		return exchanges;
	}

	private Exchanges look(ChannelHandlerContext codec, ExchangeState state) {
		CodecInput input = new CodecInput((HttpServerCodec) codec.handler(), state);
		Exchanges exchanges = new Exchanges(input, this.owner, state);
		this.channel.pipeline().addBefore(codec.name(), TrackedConnection.PREFIX + "codecInput", input);
		this.channel.pipeline().addAfter(codec.name(), TrackedConnection.PREFIX + "exchanges", exchanges);
		this.exchanges = exchanges;
		return exchanges;
	}

	/**
	 * Look no more where it is enough to ask again.
	 */
	void rest() {
		Exchanges exchanges = this.exchanges;
		if (exchanges != null && canBeAsked()) {
			exchanges.leave(this.channel.pipeline());
			this.exchanges = null;
		}
	}

	/**
	 * What is seen, or {@code null} as long as nobody looks.
	 */
	@Nullable Exchanges exchanges() {
		return this.exchanges;
	}

}
