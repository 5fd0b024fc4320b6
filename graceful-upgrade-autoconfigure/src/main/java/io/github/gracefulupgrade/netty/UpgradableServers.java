package io.github.gracefulupgrade.netty;

import java.net.SocketAddress;
import java.util.Optional;
import java.util.function.Supplier;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * Makes Reactor Netty servers upgradable: their bind step adopts inherited listeners, and
 * their connections are tracked.
 */
public final class UpgradableServers {

	private final UpgradableListeners listeners;

	private final ConnectionTracker connections;

	/**
	 * Create the customization of an application's servers.
	 * @param listeners the application's listeners
	 * @param connections the application's connections
	 */
	public UpgradableServers(UpgradableListeners listeners, ConnectionTracker connections) {
		this.listeners = listeners;
		this.connections = connections;
	}

	/**
	 * Make a server upgradable. To be applied last, since it asks the server for its
	 * address.
	 * @param name the server's name, unique within the application and the same in its
	 * next version
	 * @param loops the event loops that the server is to run on
	 * @param server the server
	 * @return the upgradable server
	 */
	public HttpServer apply(String name, Supplier<LoopResources> loops, HttpServer server) {
		Supplier<SocketAddress> address = () -> {
			Supplier<? extends SocketAddress> bindAddress = server.configuration().bindAddress();
			if (bindAddress == null) {
				throw new IllegalStateException("Server '" + name + "' has no bind address");
			}
			return bindAddress.get();
		};
		return server.runOn(new AdoptingLoopResources(loops, this.listeners, name, address))
			.childObserve(this.connections.observer());
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
