package io.github.gracefulupgrade.autoconfigure;

import java.util.function.Supplier;

import reactor.netty.resources.LoopResources;

import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/**
 * Makes Boot's web servers upgradable. Comes last, so that it sees the address that they
 * will bind, whoever set it.
 */
final class UpgradableWebServerFactoryCustomizer
		implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory>, Ordered {

	/**
	 * The name of the application's own web server.
	 */
	static final String MAIN = "server";

	private final String name;

	private final UpgradeRuntime runtime;

	private final Supplier<LoopResources> loops;

	UpgradableWebServerFactoryCustomizer(String name, UpgradeRuntime runtime, Supplier<LoopResources> loops) {
		this.name = name;
		this.runtime = runtime;
		this.loops = loops;
	}

	@Override
	public void customize(NettyReactiveWebServerFactory factory) {
		if (this.runtime.prepare()) {
			// The factory would replace our event loops with its own when the server
			// starts. Ours are the same, but for the listening channel.
			factory.setResourceFactory(null);
			factory.addServerCustomizers((server) -> {
				if (this.name.equals(MAIN)) {
					this.runtime.parts().warmUp().server(server);
				}
				return this.runtime.parts().servers().apply(this.name, this.loops, server);
			});
		}
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
