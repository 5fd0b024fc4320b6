package io.github.gracefulupgrade.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * HAProxy with a master, as Debian's unit starts it.
 */
final class HaProxy implements Contender {

	private final boolean careful;

	/**
	 * Create the contender.
	 * @param careful whether to close idle connections only with a response
	 */
	HaProxy(boolean careful) {
		this.careful = careful;
	}

	@Override
	public String name() {
		return this.careful ? "haproxy-careful" : "haproxy";
	}

	@Override
	public String procedure() {
		return "USR2 to the master" + (this.careful ? "; with `option idle-close-on-response`" : "");
	}

	@Override
	public String make() throws Exception {
		return Commands.firstLine("haproxy", "-v").replaceAll(" - .*", "");
	}

	@Override
	public Service start(int port, Path folder) throws Exception {
		Path configuration = Files.writeString(folder.resolve("haproxy.cfg"),
				"""
						global
							stats socket %s/stats.sock mode 600 level admin expose-fd listeners
						defaults
							mode http
							timeout connect 10s
							timeout client 60s
							timeout server 60s
						frontend f
							bind 127.0.0.1:%d
							%s
							http-request return status 200 content-type application/json hdr X-Pid "%%pid" lf-string '{"pid":%%pid,"version":"haproxy"}'
						"""
					.formatted(folder, port, this.careful ? "option idle-close-on-response" : ""));
		return new NativeService(port, folder, Map.of(), "haproxy", "-W", "-db", "-f", configuration.toString()) {

			@Override
			public void replace() throws Exception {
				Commands.signal("USR2", first());
			}

		};
	}

}
