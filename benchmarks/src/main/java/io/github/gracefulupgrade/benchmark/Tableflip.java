package io.github.gracefulupgrade.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A server on Go's net/http and Cloudflare's tableflip.
 */
final class Tableflip implements Contender {

	private static final Path SOURCE = Path.of("benchmarks/tableflip");

	private static final Path TARGET = Path.of("benchmarks/target/tableflip").toAbsolutePath();

	private final @Nullable Path library;

	/**
	 * Create the contender.
	 * @param library a folder with the source of tableflip, for machines whose proxy for
	 * modules has none
	 */
	Tableflip(@Nullable Path library) {
		this.library = library;
	}

	@Override
	public String name() {
		return "tableflip";
	}

	@Override
	public String procedure() {
		return "SIGHUP, upon which it starts its successor itself";
	}

	@Override
	public String make() throws Exception {
		Files.createDirectories(TARGET);
		for (String file : List.of("go.mod", "main.go")) {
			Files.copy(SOURCE.resolve(file), TARGET.resolve(file), StandardCopyOption.REPLACE_EXISTING);
		}
		String go = Commands.firstLine("go", "version").replaceAll(".*(go[0-9.]+).*", "$1");
		if (this.library != null) {
			Commands.run(TARGET, 10, Map.of(), "go", "mod", "edit", "-replace",
					"github.com/cloudflare/tableflip=" + this.library.toAbsolutePath());
		}
		Commands.run(TARGET, 300, Map.of("GOFLAGS", "-mod=mod"), "go", "build", "-o", "server", ".");
		return "tableflip 1.2.3%s, %s".formatted((this.library != null) ? " from a source folder" : "", go);
	}

	@Override
	public Service start(int port, Path folder) throws Exception {
		return new NativeService(port, folder, Map.of(), TARGET.resolve("server").toString(), "-listen",
				"127.0.0.1:" + port, "-pid-file", folder.resolve("pid").toString()) {

			@Override
			public void replace() throws Exception {
				Commands.signal("HUP", first());
			}

		};
	}

}
