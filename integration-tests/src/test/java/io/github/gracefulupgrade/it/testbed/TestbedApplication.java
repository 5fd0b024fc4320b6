package io.github.gracefulupgrade.it.testbed;

import io.netty.channel.ChannelOption;

import org.springframework.boot.ExitCodeGenerator;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.web.server.WebFilter;

/**
 * An ordinary WebFlux application with the starter, all that an application does in the
 * background, and switches that make it misbehave: see {@link Trouble}.
 */
@SpringBootApplication
@EnableAsync
@EnableScheduling
public class TestbedApplication {

	public static void main(String[] args) {
		SpringApplication.run(TestbedApplication.class, args);
	}

	@Bean
	@Order(Ordered.HIGHEST_PRECEDENCE)
	WebFilter pidFilter() {
		String pid = Long.toString(ProcessHandle.current().pid());
		return (exchange, chain) -> {
			exchange.getResponse().getHeaders().set("X-Pid", pid);
			return chain.filter(exchange);
		};
	}

	/**
	 * A short queue of connections that wait for accept.
	 */
	@Bean
	@ConditionalOnProperty("testbed.backlog")
	WebServerFactoryCustomizer<NettyReactiveWebServerFactory> backlog(@Value("${testbed.backlog}") int backlog) {
		return (factory) -> factory.addServerCustomizers((server) -> server.option(ChannelOption.SO_BACKLOG, backlog));
	}

	@Bean
	@ConditionalOnProperty("testbed.exit-code")
	ExitCodeGenerator exitCode(@Value("${testbed.exit-code}") int code) {
		return () -> code;
	}

}
