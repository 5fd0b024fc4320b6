package io.github.gracefulupgrade.benchmark.reuseport;

import io.netty.channel.unix.UnixChannelOption;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;

/**
 * Sets SO_REUSEPORT on the listening socket of the application whose class path this is
 * put on.
 */
@AutoConfiguration
@ConditionalOnProperty("benchmark.reuse-port")
public class ReusePortAutoConfiguration {

	@Bean
	WebServerFactoryCustomizer<NettyReactiveWebServerFactory> reusePort() {
		return (factory) -> factory
			.addServerCustomizers((server) -> server.option(UnixChannelOption.SO_REUSEPORT, true));
	}

}
