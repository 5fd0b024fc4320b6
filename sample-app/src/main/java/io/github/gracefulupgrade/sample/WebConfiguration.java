package io.github.gracefulupgrade.sample;

import java.util.Map;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.server.WebFilter;

/**
 * What cannot be said by a controller.
 */
@Configuration(proxyBeanMethods = false)
class WebConfiguration {

	/**
	 * Every response tells which process it comes from, errors and the actuator's too.
	 */
	@Bean
	@Order(Ordered.HIGHEST_PRECEDENCE)
	WebFilter pidFilter() {
		String pid = Long.toString(ProcessHandle.current().pid());
		return (exchange, chain) -> {
			exchange.getResponse().getHeaders().set("X-Pid", pid);
			return chain.filter(exchange);
		};
	}

	@Bean
	SimpleUrlHandlerMapping webSockets() {
		WebSocketHandler echo = (session) -> session.send(session.receive().doOnNext(WebSocketMessage::retain));
		return new SimpleUrlHandlerMapping(Map.of("/ws", echo), -1);
	}

}
