package io.github.gracefulupgrade.netty;

import java.net.SocketAddress;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServerConfig;
import reactor.netty.http.server.ProxyProtocolSupportType;
import reactor.netty.resources.LoopResources;
import reactor.netty.transport.ServerTransport;
import reactor.netty.transport.ServerTransportConfig;

/**
 * Makes Reactor Netty servers upgradable: their bind step adopts inherited listeners, and
 * their connections are tracked.
 */
public final class UpgradableServers {

	private final UpgradableListeners listeners;

	private final ConnectionTracker connections;

	private final boolean connectionHandover;

	/**
	 * Create the customization of an application's servers.
	 * @param listeners the application's listeners
	 * @param connections the application's connections
	 * @param connectionHandover whether connections may be handed over, not only
	 * listeners
	 */
	public UpgradableServers(UpgradableListeners listeners, ConnectionTracker connections, boolean connectionHandover) {
		this.listeners = listeners;
		this.connections = connections;
		this.connectionHandover = connectionHandover;
	}

	/**
	 * Make a server upgradable. To be applied last, since it asks the server for its
	 * address.
	 * @param name the server's name, unique within the application and the same in its
	 * next version
	 * @param loops the event loops that the server is to run on
	 * @param server the server
	 * @param <T> the type of the server
	 * @param <C> the type of its configuration
	 * @return the upgradable server
	 */
	public <T extends ServerTransport<T, C>, C extends ServerTransportConfig<C>> T apply(String name,
			Supplier<LoopResources> loops, T server) {
		Supplier<SocketAddress> address = () -> {
			Supplier<? extends SocketAddress> bindAddress = server.configuration().bindAddress();
			if (bindAddress == null) {
				throw new IllegalStateException("Server '" + name + "' has no bind address");
			}
			return bindAddress.get();
		};
		boolean movable = this.connectionHandover && AcceptedChannels.isPossible() && isMovable(server.configuration());
		return server.runOn(new AdoptingLoopResources(loops, this.listeners, name, address, movable))
			.doOnChannelInit(this.connections.configurer());
	}

	/**
	 * What is not plain HTTP/1.1 has state that the next process would miss: keys, header
	 * tables, the address that a PROXY protocol header told. And a server that takes only
	 * so many connections would close the others at once, requests and all.
	 */
	private static boolean isMovable(ServerTransportConfig<?> config) {
		return config instanceof HttpServerConfig http && !http.isSecure()
				&& Arrays.stream(http.protocols()).allMatch((protocol) -> protocol == HttpProtocol.HTTP11)
				&& http.proxyProtocolSupportType() == ProxyProtocolSupportType.OFF && !hasLimit(http);
	}

	/**
	 * By reflection, since Reactor Netty 1.3.0 and 1.3.1 (Spring Boot 4.0.0 and 4.0.1)
	 * have no such limits.
	 */
	private static boolean hasLimit(HttpServerConfig http) {
		try {
			return (int) ServerTransportConfig.class.getMethod("maxConnections").invoke(http) > 0;
		}
		catch (NoSuchMethodException ex) {
			return false;
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Whether listeners can be handed over on this machine, as far as it can be told
	 * before there are event loops.
	 * @return why not, as a sentence, or empty if they can
	 */
	public static Optional<String> unsupported() {
		if (Epoll.isAvailable()) {
			return Optional.empty();
		}
		Throwable cause = Epoll.unavailabilityCause();
		return Optional.of("Netty's native epoll transport is not available ("
				+ ((cause != null) ? cause.getMessage() : "unknown") + "). Add the dependency"
				+ " io.netty:netty-transport-native-epoll with the classifier of this platform (linux-x86_64,"
				+ " linux-aarch_64), and remove -Dio.netty.transport.noNative=true");
	}

	/**
	 * Whether the listeners of servers on these event loops can be handed over.
	 * @param loops the event loops
	 * @return why not, as a sentence, or empty if they can
	 */
	public static Optional<String> unsupported(LoopResources loops) {
		Class<? extends Channel> type = loops.onChannelClass(ServerSocketChannel.class,
				loops.onServerSelect(LoopResources.DEFAULT_NATIVE));
		if (type == EpollServerSocketChannel.class) {
			return Optional.empty();
		}
		return Optional.of("Reactor Netty uses " + type.getSimpleName() + " instead of the native epoll transport."
				+ " Remove io.netty:netty-transport-native-io_uring from the class path, and"
				+ " -Dreactor.netty.native=false from the command line");
	}

}
