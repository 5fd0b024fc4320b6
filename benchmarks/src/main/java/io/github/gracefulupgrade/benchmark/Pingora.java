package io.github.gracefulupgrade.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A server on Cloudflare's Pingora, built from its registry.
 */
final class Pingora implements Contender {

	private static final Path SOURCE = Path.of("benchmarks/pingora");

	private static final Path TARGET = Path.of("benchmarks/target/pingora").toAbsolutePath();

	@Override
	public String name() {
		return "pingora";
	}

	@Override
	public String procedure() {
		return "start the new version with `--upgrade`; when its upgrade socket is there, SIGQUIT to the old one";
	}

	@Override
	public String make() throws Exception {
		Commands.run(SOURCE, 900, Map.of("CARGO_TARGET_DIR", TARGET.toString()), "cargo", "build", "--release",
				"--locked");
		String lock = Files.readString(SOURCE.resolve("Cargo.lock"));
		return "pingora-core " + lock.replaceAll("(?s).*name = \"pingora-core\"\\s+version = \"([^\"]+)\".*", "$1");
	}

	@Override
	public Service start(int port, Path folder) throws Exception {
		Path socket = folder.resolve("upgrade.sock");
		// What is left of its 5 minutes once nobody is connected would only prolong the
		// run.
		Path configuration = Files.writeString(folder.resolve("pingora.yaml"), """
				---
				version: 1
				threads: %d
				pid_file: %s/pid
				upgrade_sock: %s
				grace_period_seconds: 1
				graceful_shutdown_timeout_seconds: 1
				""".formatted(Runtime.getRuntime().availableProcessors(), folder, socket));
		String server = TARGET.resolve("release/pingora-benchmark").toString();
		Map<String, String> environment = Map.of("PORT", Integer.toString(port), "RUST_LOG", "info");
		return new NativeService(port, folder, environment, server, "-c", configuration.toString()) {

			@Override
			public void prepare() throws Exception {
				Commands.start(folder, environment, server, "-u", "-c", configuration.toString());
				Commands.await("the successor waits", () -> Files.exists(socket));
			}

			@Override
			public void replace() throws Exception {
				Commands.signal("QUIT", first());
			}

		};
	}

}
