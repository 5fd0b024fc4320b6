package io.github.gracefulupgrade.it.drain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A load balancer in front, which keeps connections in a pool and uses one again whenever
 * it likes, tries nothing twice, and turns whatever goes wrong into a 502, 503 or 504.
 */
@Tag("long")
class LoadBalancerIT {

	private static final int UPGRADES = Integer.getInteger("proxy.upgrades", 4);

	private static final int CLIENTS = 16;

	@ParameterizedTest
	@CsvSource({ "nginx, true", "nginx, false", "haproxy, true", "haproxy, false" })
	void noRequestFailsBehindALoadBalancer(String kind, boolean connectionHandover) {
		Program.findOrSkip(kind, kind);
		Application app = Sample.application()
			.args("--pingora.connection-handover=" + connectionHandover)
			.jvmOptions(Sample.ALWAYS_READS_ON);
		int port = Instance.freePort();
		Path log = Sample.newFile("log");
		try (Generations generations = new Generations(app);
				Program proxy = kind.equals("nginx") ? nginx(port, generations.incumbent().port(), log)
						: haproxy(port, generations.incumbent().port())) {
			awaitListening(port);
			try (KeepAliveClients clients = new KeepAliveClients(() -> RawClient.plain(port), CLIENTS, 2, "/", "/",
					"/slow?ms=7", "/stream?count=3&interval=5")) {
				for (int i = 0; i < UPGRADES; i++) {
					clients.awaitAnswers(generations.incumbent().pid(), 500);
					generations.prepare();
					generations.replace();
				}
				clients.awaitAnswers(generations.incumbent().pid(), 500).stop();
				// Any status but 200 is one, and any end that no response announced.
				assertThat(clients.failures()).isEmpty();
			}
			List<String> complaints = kind.equals("nginx") ? lines(log) : proxy.output();
			assertThat(complaints).noneMatch((line) -> line.contains("upstream") || line.contains("[error]")
					|| line.matches(".* b/s .* (502|503|504|-1) .*"));
		}
	}

	private static Program nginx(int port, int backend, Path log) {
		Path folder = log.getParent();
		Path configuration = write(folder.resolve("nginx.conf"), """
				daemon off;
				worker_processes 1;
				pid %1$s/pid;
				error_log %2$s info;
				events { worker_connections 1024; }
				http {
					access_log off;
					client_body_temp_path %1$s/body;
					proxy_temp_path %1$s/proxy;
					fastcgi_temp_path %1$s/fastcgi;
					uwsgi_temp_path %1$s/uwsgi;
					scgi_temp_path %1$s/scgi;
					keepalive_requests 1000000;
					upstream backend {
						server 127.0.0.1:%4$d;
						keepalive 64;
						keepalive_requests 1000000;
					}
					server {
						listen 127.0.0.1:%3$d;
						location / {
							proxy_pass http://backend;
							proxy_http_version 1.1;
							proxy_set_header Connection "";
							proxy_next_upstream off;
						}
					}
				}
				""".formatted(folder, log, port, backend));
		return Program.start("nginx", "nginx", "-p", folder.toString(), "-e", log.toString(), "-c",
				configuration.toString());
	}

	private static Program haproxy(int port, int backend) {
		Path configuration = write(Sample.newFile("haproxy.cfg"), """
				global
					log stdout format raw local0
				defaults
					mode http
					log global
					option httplog
					retries 0
					timeout connect 10s
					timeout client 60s
					timeout server 60s
					http-reuse always
				frontend f
					bind 127.0.0.1:%d
					default_backend b
				backend b
					server s 127.0.0.1:%d pool-purge-delay 60s
				""".formatted(port, backend));
		return Program.start("haproxy", "haproxy", "-db", "-f", configuration.toString());
	}

	private static void awaitListening(int port) {
		Await.until("the load balancer", () -> {
			try (RawClient client = RawClient.plain(port)) {
				return true;
			}
			catch (UncheckedIOException ex) {
				return false;
			}
		});
	}

	private static Path write(Path file, String text) {
		try {
			return Files.writeString(file, text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static List<String> lines(Path file) {
		try {
			return Files.readAllLines(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
