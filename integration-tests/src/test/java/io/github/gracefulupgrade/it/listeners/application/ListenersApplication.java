package io.github.gracefulupgrade.it.listeners.application;

import io.rsocket.SocketAcceptor;
import io.rsocket.core.RSocketServer;
import io.rsocket.transport.netty.server.TcpServerTransport;
import io.rsocket.util.DefaultPayload;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.NettyOutbound;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.TcpServer;

import io.github.gracefulupgrade.autoconfigure.UpgradableServer;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.WebFilter;

/**
 * An application with servers of its own, as many as it is asked for, and with
 * contributors of every kind.
 */
@SpringBootApplication
public class ListenersApplication {

	static final String PID = Long.toString(ProcessHandle.current().pid());

	public static void main(String[] args) {
		SpringApplication application = new SpringApplication(ListenersApplication.class);
		application.addInitializers((ApplicationContextInitializer<GenericApplicationContext>) (context) -> {
			int count = context.getEnvironment().getProperty("test.lines", Integer.class, 0);
			for (int i = 0; i < count; i++) {
				String name = "line-" + i;
				String host = new String[] { "127.0.0.1", "::1", "::" }[i % 3];
				context.registerBean(name, UpgradableServer.class, () -> line(name, host));
			}
		});
		application.run(args);
	}

	/**
	 * A server that says one line to everybody. Without a port of its own: its name is
	 * what it is known by.
	 */
	private static UpgradableServer line(String name, String host) {
		return new UpgradableServer(name,
				TcpServer.create().host(host).port(0).handle((in, out) -> say(out, name + " " + PID + "\n")));
	}

	private static Publisher<Void> say(NettyOutbound out, String text) {
		return out.sendString(Mono.just(text));
	}

	@Bean
	@ConditionalOnProperty("test.lines")
	UpgradableServer anHttpServer() {
		return new UpgradableServer("http", HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.handle((request, response) -> response.header("X-Pid", PID).sendString(Mono.just("http " + PID + "\n"))));
	}

	@Bean
	@ConditionalOnProperty("test.lines")
	UpgradableServer anRSocketServer() {
		SocketAcceptor acceptor = SocketAcceptor
			.forRequestResponse((payload) -> Mono.just(DefaultPayload.create("rsocket " + PID)));
		return new UpgradableServer("rsocket", TcpServer.create().host("127.0.0.1").port(0),
				(server) -> RSocketServer.create(acceptor).bindNow(TcpServerTransport.create(server)));
	}

	@Bean
	RouterFunction<ServerResponse> routes() {
		return RouterFunctions.route()
			.GET("/", (request) -> ServerResponse.ok().bodyValue(PID))
			.GET("/thread",
					(request) -> Mono.fromCallable(() -> Thread.currentThread().getName())
						.flatMap((name) -> ServerResponse.ok().bodyValue(name)))
			.build();
	}

	@Bean
	@Order(Ordered.HIGHEST_PRECEDENCE)
	WebFilter pidFilter() {
		return (exchange, chain) -> {
			exchange.getResponse().getHeaders().set("X-Pid", PID);
			return chain.filter(exchange);
		};
	}

}
