package io.github.gracefulupgrade.netty;

import java.lang.reflect.Field;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.HttpServerCodec;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.ChannelOperations;

/**
 * Asks the two handlers that know for the state of a connection: Netty's decoder how far
 * it is with what was received, and Reactor Netty's traffic handler how many requests
 * wait for the end of their responses. They keep it in fields that are their own. But to
 * ask once, when a drain begins, spares looking at every request that there ever is.
 * <p>
 * Where these fields are not what they are known to be, everything is looked at instead,
 * from a connection's first byte on.
 */
final class ExchangeStates {

	private final @Nullable Field decoding;

	private final @Nullable Field pending;

	private final @Nullable Field persistent;

	private final @Nullable Field responding;

	private ExchangeStates(@Nullable Field decoding, @Nullable Field pending, @Nullable Field persistent,
			@Nullable Field responding) {
		this.decoding = decoding;
		this.pending = pending;
		this.persistent = persistent;
		this.responding = responding;
	}

	static ExchangeStates ofThisVersion() {
		String traffic = "reactor.netty.http.server.HttpTrafficHandler";
		return new ExchangeStates(
				Fields.find("io.netty.handler.codec.http.HttpObjectDecoder", "currentState", Enum.class),
				Fields.find(traffic, "pendingResponses", int.class),
				Fields.find(traffic, "persistentConnection", boolean.class),
				Fields.find(traffic, "nonInformationalResponse", boolean.class));
	}

	/**
	 * Those of a version that is not known.
	 */
	static ExchangeStates unknown() {
		return new ExchangeStates(null, null, null, null);
	}

	/**
	 * Whether a connection can be asked at any time.
	 */
	boolean areKnown() {
		return this.decoding != null && this.pending != null && this.persistent != null && this.responding != null
				&& HttpCodecs.isKnown();
	}

	/**
	 * The state of a connection. To be asked on its event loop, and not while it is read.
	 * @param channel the connection
	 * @param codec its codec
	 */
	ExchangeState of(Channel channel, HttpServerCodec codec) {
		ChannelHandler traffic = channel.pipeline().get(NettyPipeline.HttpTrafficHandler);
		ChannelHandler decoder = HttpCodecs.decoder(codec);
		Field decoding = this.decoding;
		Field pending = this.pending;
		Field persistent = this.persistent;
		Field responding = this.responding;
		if (traffic == null || decoder == null || decoding == null || pending == null || persistent == null
				|| responding == null) {
			return lost(channel, 0, false);
		}
		try {
			int inFlight = pending.getInt(traffic);
			boolean begun = responding.getBoolean(traffic);
			if (!persistent.getBoolean(traffic)) {
				// It closes by itself after a response, and has stopped to count.
				return lost(channel, inFlight, begun);
			}
			return state(channel, ((Enum<?>) decoding.get(decoder)).name(), HttpCodecs.unread(codec), inFlight,
					begun && inFlight > 0);
		}
		catch (IllegalAccessException | IllegalArgumentException ex) {
			return lost(channel, 0, false);
		}
	}

	private static ExchangeState state(Channel channel, String decoding, int unread, int inFlight, boolean responding) {
		return switch (decoding) {
			case "SKIP_INITIAL_LINE_CHARS", "SKIP_CONTROL_CHARS" ->
				new ExchangeState(inFlight, true, unread > 0, responding, false);
			case "READ_INITIAL", "READ_HEADER" -> new ExchangeState(inFlight, true, true, responding, false);
			case "READ_VARIABLE_LENGTH_CONTENT", "READ_FIXED_LENGTH_CONTENT", "READ_CHUNK_SIZE", "READ_CHUNKED_CONTENT",
					"READ_CHUNK_DELIMITER", "READ_CHUNK_FOOTER" ->
				new ExchangeState(inFlight, false, true, responding, false);
			// A bad message, another protocol, or a state of another version.
			default -> lost(channel, inFlight, responding);
		};
	}

	private static ExchangeState lost(Channel channel, int inFlight, boolean responding) {
		int atLeast = (ChannelOperations.get(channel) != null) ? 1 : 0;
		return new ExchangeState(Math.max(inFlight, atLeast), true, true, responding, true);
	}

}
