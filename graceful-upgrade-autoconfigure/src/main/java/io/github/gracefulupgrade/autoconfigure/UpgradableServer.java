package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.gracefulupgrade.netty.UpgradableServers;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpResources;
import reactor.netty.resources.LoopResources;
import reactor.netty.transport.ServerTransport;
import reactor.netty.transport.ServerTransportConfig;

import org.springframework.beans.BeansException;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * A Reactor Netty server of the application's own ({@code HttpServer} or
 * {@code TcpServer}), started and stopped with the web server, and handed over like it.
 * To be declared as a bean:
 *
 * <pre class="code">
 * &#064;Bean
 * UpgradableServer lineServer() {
 *     return new UpgradableServer("lines", TcpServer.create().port(7000).handle(new LineHandler()));
 * }
 * </pre>
 *
 * What binds a server itself, as RSocket does, gets the server that it has to bind:
 *
 * <pre class="code">
 * &#064;Bean
 * UpgradableServer rsocketServer(SocketAcceptor acceptor) {
 *     return new UpgradableServer("rsocket", TcpServer.create().port(7000),
 *             (server) -&gt; RSocketServer.create(acceptor).bindNow(TcpServerTransport.create(server)));
 * }
 * </pre>
 *
 * Where upgrades are off, it is an ordinary server.
 */
public final class UpgradableServer implements SmartLifecycle, BeanFactoryAware {

	private static final Duration DISPOSE_TIMEOUT = Duration.ofSeconds(3);

	private final Supplier<Disposable> bind;

	private final BiFunction<UpgradableServers, Supplier<LoopResources>, Disposable> bindUpgradable;

	private @Nullable BeanFactory beanFactory;

	private volatile @Nullable Disposable server;

	private volatile int port = -1;

	/**
	 * Declare a server.
	 * @param name the server's name, unique within the application and the same in its
	 * next version; {@code server} and {@code management} are Boot's
	 * @param server the server, not bound
	 * @param <T> the type of the server
	 * @param <C> the type of its configuration
	 */
	public <T extends ServerTransport<T, C>, C extends ServerTransportConfig<C>> UpgradableServer(String name,
			T server) {
		this(name, server, (upgradable) -> upgradable.bindNow());
	}

	/**
	 * Declare a server that something else binds.
	 * @param name the server's name, unique within the application and the same in its
	 * next version; {@code server} and {@code management} are Boot's
	 * @param server the server, not bound
	 * @param bind binds the server that it is given, whose address and event loops it
	 * leaves alone, waits until that is done, and returns what closes it
	 * @param <T> the type of the server
	 * @param <C> the type of its configuration
	 */
	public <T extends ServerTransport<T, C>, C extends ServerTransportConfig<C>> UpgradableServer(String name, T server,
			Function<T, ? extends Disposable> bind) {
		T observed = server.doOnBound((bound) -> this.port = bound.port());
		this.bind = () -> bind.apply(observed);
		this.bindUpgradable = (servers, loops) -> bind.apply(servers.apply(name, loops, observed));
	}

	@Override
	public void setBeanFactory(BeanFactory beanFactory) throws BeansException {
		this.beanFactory = beanFactory;
	}

	@Override
	public void start() {
		BeanFactory beanFactory = this.beanFactory;
		UpgradeRuntime runtime = (beanFactory != null) ? UpgradeRuntime.in(beanFactory) : null;
		this.server = (beanFactory != null && runtime != null && runtime.prepare())
				? this.bindUpgradable.apply(runtime.parts().servers(), () -> loops(beanFactory)) : this.bind.get();
	}

	private static LoopResources loops(BeanFactory beanFactory) {
		ReactorResourceFactory factory = beanFactory.getBeanProvider(ReactorResourceFactory.class).getIfAvailable();
		return (factory != null) ? factory.getLoopResources() : HttpResources.get();
	}

	@Override
	public void stop() {
		Disposable server = this.server;
		this.server = null;
		this.port = -1;
		if (server instanceof DisposableServer disposable) {
			disposable.disposeNow(DISPOSE_TIMEOUT);
		}
		else if (server != null) {
			server.dispose();
		}
	}

	@Override
	public boolean isRunning() {
		return this.server != null;
	}

	@Override
	public int getPhase() {
		return WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE;
	}

	@Override
	public boolean isPauseable() {
		return false;
	}

	/**
	 * The port that the server is bound to.
	 * @return the port, or -1 if it is not running
	 */
	public int getPort() {
		return this.port;
	}

}
