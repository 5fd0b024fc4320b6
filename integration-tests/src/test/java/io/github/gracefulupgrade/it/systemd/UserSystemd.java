package io.github.gracefulupgrade.it.systemd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * A real systemd, started as a user instance with folders of its own, beside whatever
 * manages this machine. Ends with all that it started when it is closed.
 */
final class UserSystemd implements AutoCloseable {

	private static final Path PROGRAM = Path.of("/usr/lib/systemd/systemd");

	private static final long PATIENCE_SECONDS = 120;

	private final Path folder;

	private final Process process;

	private UserSystemd(Path folder, Process process) {
		this.folder = folder;
		this.process = process;
	}

	/**
	 * Start one, or skip the test where that is not possible.
	 */
	static UserSystemd start(Path folder) {
		assumeTrue(Files.isExecutable(PROGRAM), PROGRAM + " is not installed (Debian: systemd)");
		assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "/usr/bin/curl is not installed");
		try {
			// How systemctl tells that there is a systemd at all.
			Files.createDirectories(Path.of("/run/systemd/system"));
		}
		catch (IOException ex) {
			assumeTrue(false, "systemd does not run here, and only root can start one: " + ex);
		}
		try {
			Path runtime = Files.createDirectory(folder.resolve("run"),
					PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
			Files.createDirectories(folder.resolve("config/systemd/user"));
			ProcessBuilder builder = new ProcessBuilder(PROGRAM.toString(), "--user", "--log-target=console");
			environment(builder, folder);
			builder.redirectErrorStream(true).redirectOutput(folder.resolve("systemd.log").toFile());
			UserSystemd systemd = new UserSystemd(folder, builder.start());
			boolean answers = systemd.answers();
			if (!answers) {
				systemd.close();
			}
			assumeTrue(answers, () -> "No systemd can be started here: " + systemd.log());
			return systemd;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private boolean answers() {
		for (int i = 0; i < 300 && this.process.isAlive(); i++) {
			if (systemctl("show-environment").code() == 0) {
				return true;
			}
		}
		return false;
	}

	/**
	 * The folder that units know as {@code /run}.
	 */
	Path runtime() {
		return this.folder.resolve("run");
	}

	/**
	 * Install a unit file, or a drop-in.
	 */
	void install(String name, String text) {
		try {
			Path file = this.folder.resolve("config/systemd/user").resolve(name);
			Files.createDirectories(file.getParent());
			Files.writeString(file, text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		Result reload = systemctl("daemon-reload");
		if (reload.code() != 0) {
			throw new AssertionError(reload);
		}
	}

	Map<String, String> show(String unit) {
		Map<String, String> properties = new LinkedHashMap<>();
		for (String line : systemctl("show", unit).output().lines().toList()) {
			int equals = line.indexOf('=');
			if (equals > 0) {
				properties.put(line.substring(0, equals), line.substring(equals + 1));
			}
		}
		return properties;
	}

	Result systemctl(String... arguments) {
		List<String> command = new ArrayList<>(List.of("systemctl", "--user", "--no-pager"));
		command.addAll(List.of(arguments));
		try {
			Path output = Files.createTempFile(this.folder, "systemctl", ".out");
			ProcessBuilder builder = new ProcessBuilder(command);
			environment(builder, this.folder);
			Process systemctl = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
			if (!systemctl.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
				systemctl.destroyForcibly();
				throw new AssertionError(command + " does not end");
			}
			String text = Files.readString(output);
			Files.delete(output);
			return new Result(command, systemctl.exitValue(), text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	private static void environment(ProcessBuilder builder, Path folder) {
		builder.environment().put("XDG_RUNTIME_DIR", folder.resolve("run").toString());
		builder.environment().put("XDG_CONFIG_HOME", folder.resolve("config").toString());
		builder.environment().put("XDG_DATA_HOME", folder.resolve("data").toString());
		builder.environment().remove("DBUS_SESSION_BUS_ADDRESS");
		builder.environment().remove("NOTIFY_SOCKET");
	}

	/**
	 * What systemd logged, and its services with it, as far as their output goes there.
	 */
	String log() {
		try (Stream<String> lines = Files.lines(this.folder.resolve("systemd.log"), StandardCharsets.ISO_8859_1)) {
			return lines.collect(Collectors.joining("\n"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		// It stops its units first, and each of them has its own time for that.
		this.process.destroy();
		try {
			if (!this.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
				this.process.descendants().forEach(ProcessHandle::destroyForcibly);
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * What a command came to.
	 */
	record Result(List<String> command, int code, String output) {
	}

}
