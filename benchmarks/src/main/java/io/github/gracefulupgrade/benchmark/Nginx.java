package io.github.gracefulupgrade.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * nginx, by the procedure of its manual.
 */
final class Nginx implements Contender {

	private final boolean careful;

	/**
	 * Create the contender.
	 * @param careful whether to let idle connections live for a moment
	 */
	Nginx(boolean careful) {
		this.careful = careful;
	}

	@Override
	public String name() {
		return this.careful ? "nginx-careful" : "nginx";
	}

	@Override
	public String procedure() {
		return "USR2 to the old master; when there is a new one, QUIT to the old one"
				+ (this.careful ? "; with `keepalive_min_timeout 5s`" : "");
	}

	@Override
	public String make() throws Exception {
		String version = Commands.firstLine("nginx", "-v").replace("nginx version: ", "");
		if (this.careful && !hasMinimalTimeout(version)) {
			throw new Unavailable("%s has no `keepalive_min_timeout`, which came with 1.27.4".formatted(version));
		}
		return version;
	}

	private static boolean hasMinimalTimeout(String version) {
		String[] parts = version.replaceAll("[^0-9.]", "").split("\\.");
		int number = (Integer.parseInt(parts[0]) * 1000 + Integer.parseInt(parts[1])) * 1000
				+ Integer.parseInt(parts[2]);
		return number >= 1_027_004;
	}

	@Override
	public Service start(int port, Path folder) throws Exception {
		Path pid = folder.resolve("pid");
		Path configuration = Files.writeString(folder.resolve("nginx.conf"), """
				# In the foreground, USR2 is ignored.
				daemon on;
				worker_processes auto;
				pid %1$s;
				error_log %2$s/error.log;
				events { worker_connections 1024; }
				http {
					access_log off;
					client_body_temp_path %2$s/body;
					proxy_temp_path %2$s/proxy;
					fastcgi_temp_path %2$s/fastcgi;
					uwsgi_temp_path %2$s/uwsgi;
					scgi_temp_path %2$s/scgi;
					# Else a connection is closed after 1000 requests, which this is not about.
					keepalive_requests 1000000;
					%4$s
					server {
						listen 127.0.0.1:%3$d;
						location / {
							default_type application/json;
							add_header X-Pid $pid always;
							return 200 '{"pid":$pid,"version":"nginx"}';
						}
					}
				}
				""".formatted(pid, folder, port, this.careful ? "keepalive_min_timeout 5s;" : ""));
		// It starts its successor by the same words, but does not search for them.
		String program = Commands.firstLine("/bin/sh", "-c", "command -v nginx");
		return new NativeService(port, folder, Map.of(), program, "-p", folder.toString(), "-e",
				folder.resolve("error.log").toString(), "-c", configuration.toString()) {

			@Override
			public void replace() throws Exception {
				long old = Commands.pidIn(pid);
				Commands.signal("USR2", old);
				Commands.await("there is a new master", () -> {
					long now = Commands.pidIn(pid);
					return now != 0 && now != old;
				});
				Commands.signal("QUIT", old);
			}

		};
	}

}
