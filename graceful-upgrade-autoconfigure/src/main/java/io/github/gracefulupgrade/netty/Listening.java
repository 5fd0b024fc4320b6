package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

import io.github.gracefulupgrade.handover.Connections.Established;
import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.netty.UpgradableListeners.Source;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * A server channel of this application.
 *
 * @param name the server's name
 * @param requested the address as configured
 * @param channel the channel
 * @param gate the channel's gate
 * @param movable whether its connections may be handed over
 * @param source where it came from
 * @param incumbentsName the name that it had with the incumbent, whose server may have
 * been another one, or {@code null} if it was not the incumbent's
 */
record Listening(String name, String requested, Channel channel, AcceptGate gate, boolean movable, Source source,
		@Nullable String incumbentsName) {

	boolean isInherited() {
		return this.incumbentsName != null;
	}

	boolean isBound() {
		return this.channel.isActive() && this.channel.localAddress() != null;
	}

	Message.Listener offer() {
		EpollServerSocketChannel epoll = (EpollServerSocketChannel) this.channel;
		return new Message.Listener(this.name, this.requested, Addresses.text(this.channel.localAddress()),
				Descriptor.borrowed(epoll.fd().intValue()));
	}

	void open() {
		this.channel.eventLoop().execute(() -> this.gate.open(this.channel));
	}

	void ramp(boolean growing, Duration over) {
		this.channel.eventLoop().execute(() -> this.gate.ramp(this.channel, growing, over));
	}

	void stepAside(Duration time) {
		this.channel.eventLoop().execute(() -> this.gate.stepAside(this.channel, time));
	}

	void acceptAll() {
		this.channel.eventLoop().execute(() -> this.gate.acceptAll(this.channel));
	}

	CompletableFuture<Void> pause() {
		CompletableFuture<Void> paused = new CompletableFuture<>();
		this.channel.eventLoop().execute(() -> {
			this.gate.shut(this.channel);
			paused.complete(null);
		});
		return paused;
	}

	boolean adopt(Established connection) {
		try {
			this.channel.eventLoop().execute(() -> this.gate.adopt(this.channel, connection));
			return true;
		}
		catch (RejectedExecutionException ex) {
			connection.descriptor().close(); // the application is being closed
			return false;
		}
	}

}
