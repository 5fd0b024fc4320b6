package io.github.gracefulupgrade.it.gateway;

import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import io.github.gracefulupgrade.test.Upgrade;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Spring Cloud Gateway, with the starter and the property and nothing else.
 */
@Tag("long")
class GatewayIT {

	@Test
	void nothingThatItProxiesIsLost(@TempDir Path folder) {
		DisposableServer backend = HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.route((routes) -> routes.get("/fast", (request, response) -> response.sendString(Mono.just("fast")))
				.get("/slow",
						(request, response) -> response
							.sendString(Mono.just("slow").delayElement(Duration.ofMillis(300)))))
			.bindNow();
		Application gateway = Application
			.mainClass(GatewayApplication.class.getName(), System.getProperty("java.class.path"))
			.jvmOptions("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m")
			.onFreePort()
			.upgradeSocket(folder.resolve("s"))
			.args("--pingora.close-timeout=300ms", "--spring.main.banner-mode=off",
					"--spring.cloud.gateway.server.webflux.routes[0].id=backend",
					"--spring.cloud.gateway.server.webflux.routes[0].uri=http://127.0.0.1:" + backend.port(),
					"--spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/**",
					// Each version tells on every response that it proxies who it is.
					"--spring.cloud.gateway.server.webflux.routes[0].filters[0]=AddResponseHeader=X-Pid,${PID}");
		try (Instance v1 = gateway.start()) {
			v1.awaitLog("serves and can be upgraded at");
			try (Load load = Load.on(v1).paths("/fast").keepAlive(4).fresh(2).rate(100).start();
					Load slow = Load.on(v1).paths("/slow").keepAlive(4).fresh(2).rate(15).start()) {
				load.awaitAnswers(50);
				slow.awaitAnswers(10);
				try (Upgrade upgrade = Upgrade.of(v1).to(gateway).under(load).perform()) {
					Instance v2 = upgrade.successor();
					assertThat(upgrade.exitCode()).isZero();
					LoadReport report = load.awaitAnswers(v2, 50)
						.stop()
						.plus(slow.awaitAnswers(v2, 10).stop())
						.assertNothingLost();
					assertThat(report.answersByPid()).containsOnlyKeys(v1.pid(), v2.pid());
				}
			}
		}
		finally {
			backend.disposeNow();
		}
	}

}
