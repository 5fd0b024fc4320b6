package io.github.gracefulupgrade.netty;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.function.Supplier;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.ServerSocketChannel;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/**
 * The event loops that a server would have used anyway, except that a server channel is
 * an inherited listener where there is one: Reactor Netty asks its loop resources for the
 * channel that it binds.
 */
final class AdoptingLoopResources implements LoopResources {

	/**
	 * Asked for late: a context that is stopped and started again gets new loops.
	 */
	private final Supplier<LoopResources> delegate;

	private final UpgradableListeners listeners;

	private final String name;

	private final Supplier<? extends SocketAddress> address;

	private final boolean movable;

	AdoptingLoopResources(Supplier<LoopResources> delegate, UpgradableListeners listeners, String name,
			Supplier<? extends SocketAddress> address, boolean movable) {
		this.delegate = delegate;
		this.listeners = listeners;
		this.name = name;
		this.address = address;
		this.movable = movable;
	}

	@Override
	@SuppressWarnings("unchecked")
	public <CHANNEL extends Channel> CHANNEL onChannel(Class<CHANNEL> channelType, EventLoopGroup group) {
		if (channelType != ServerSocketChannel.class) {
			return this.delegate.get().onChannel(channelType, group);
		}
		return (CHANNEL) this.listeners.channel(this.name, this.address.get(), this.movable,
				() -> this.delegate.get().onChannel(channelType, group));
	}

	@Override
	public <CHANNEL extends Channel> Class<? extends CHANNEL> onChannelClass(Class<CHANNEL> channelType,
			EventLoopGroup group) {
		return this.delegate.get().onChannelClass(channelType, group);
	}

	@Override
	public EventLoopGroup onClient(boolean useNative) {
		return this.delegate.get().onClient(useNative);
	}

	@Override
	public EventLoopGroup onServer(boolean useNative) {
		return this.delegate.get().onServer(useNative);
	}

	@Override
	public EventLoopGroup onServerSelect(boolean useNative) {
		return this.delegate.get().onServerSelect(useNative);
	}

	@Override
	public boolean daemon() {
		return this.delegate.get().daemon();
	}

	@Override
	public void dispose() {
		// The loops belong to whoever made them.
	}

	@Override
	public Mono<Void> disposeLater(Duration quietPeriod, Duration timeout) {
		return Mono.empty();
	}

	@Override
	public boolean isDisposed() {
		return this.delegate.get().isDisposed();
	}

}
