package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import reactor.netty.http.websocket.WebsocketOutbound;

/**
 * Ends a WebSocket connection with a Close frame 1001 (RFC 6455 section 7.4.1: the
 * endpoint is going away). Not at once, since it may have work to do, and not all at the
 * end, or all clients would come back in one instant: at a random moment in the last
 * third of the grace period, with time left for the client's answer.
 */
final class WebSocketFarewell {

	private final Channel channel;

	private final WebsocketOutbound webSocket;

	private final Drain drain;

	WebSocketFarewell(Channel channel, WebsocketOutbound webSocket, Drain drain) {
		this.channel = channel;
		this.webSocket = webSocket;
		this.drain = drain;
	}

	void begin() {
		this.channel.eventLoop().schedule(this::close, delay().toMillis(), TimeUnit.MILLISECONDS);
	}

	private Duration delay() {
		Duration third = this.drain.plan().grace().dividedBy(3);
		Duration untilLastThird = this.drain.left().minus(third);
		// The last fifth of the third is left for answers.
		long spread = third.multipliedBy(4).dividedBy(5).toMillis();
		Duration delay = untilLastThird.plusMillis(ThreadLocalRandom.current().nextLong(spread + 1));
		return delay.isNegative() ? Duration.ZERO : delay;
	}

	private void close() {
		if (!this.drain.isOn() || !this.channel.isActive()) {
			return;
		}
		this.drain.tally().webSockets.increment();
		this.webSocket.sendClose(WebSocketCloseStatus.ENDPOINT_UNAVAILABLE.code(), "Upgrade").subscribe();
	}

}
