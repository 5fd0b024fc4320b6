package io.github.gracefulupgrade.it.systemd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.jayway.jsonpath.JsonPath;
import io.github.gracefulupgrade.it.systemd.UserSystemd.Result;
import io.github.gracefulupgrade.test.Instance;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The unit of {@code docs/operations.md}, as it stands there but for paths, ports and the
 * user, with the sample as its application.
 */
final class Unit {

	private static final Path DOCUMENT = Path.of("../docs/operations.md");

	final int port = Instance.freePort();

	final int management = Instance.freePort();

	private final String name = "my-app-" + ProcessHandle.current().pid();

	private final Path folder;

	private final UserSystemd systemd;

	Unit(UserSystemd systemd, Path folder) {
		this.systemd = systemd;
		this.folder = folder;
		deploy(Path.of(System.getProperty("sample-app.jar")));
		systemd.install(this.name + ".service", text("my-app.service"));
		// Only to save time.
		environment("quick", "PINGORA_CLOSE_TIMEOUT=500ms", "PINGORA_REHEARSAL=false", "PINGORA_WARMUP_ROUNDS=1",
				"SPRING_REACTOR_NETTY_SHUTDOWN_QUIET_PERIOD=0s",
				"JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m");
	}

	/**
	 * Install the socket unit, too.
	 */
	String socket() {
		this.systemd.install(this.name + ".socket", text("my-app.socket"));
		return this.name + ".socket";
	}

	/**
	 * Add to the environment.
	 */
	void environment(String name, String... variables) {
		String text = "[Service]\nStandardOutput=append:%s\nStandardError=inherit\n".formatted(log());
		for (String variable : variables) {
			text += "Environment=\"%s\"\n".formatted(variable);
		}
		dropIn(name, text);
	}

	void dropIn(String name, String text) {
		this.systemd.install(this.name + ".service.d/" + name + ".conf", text);
	}

	private Path log() {
		return this.folder.resolve("app.log");
	}

	String output() {
		try {
			return Files.readString(log());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Rename a jar over the one that runs.
	 */
	void deploy(Path jar) {
		try {
			Path copy = this.folder.resolve("new.jar");
			Files.copy(jar, copy);
			Files.move(copy, this.folder.resolve("my-app.jar"), StandardCopyOption.ATOMIC_MOVE);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private String text(String file) {
		try {
			Matcher block = Pattern
				.compile("```ini\n# /etc/systemd/system/" + Pattern.quote(file) + "\n(.*?)```", Pattern.DOTALL)
				.matcher(Files.readString(DOCUMENT));
			assertThat(block.find()).as(file + " in " + DOCUMENT).isTrue();
			// The ports first: there may be such numbers in paths.
			return block.group(1)
				.replaceAll("\\b8080\\b", Integer.toString(this.port))
				.replaceAll("\\b8081\\b", Integer.toString(this.management))
				.replace("my-app.socket", this.name + ".socket")
				.replace("User=my-app", "User=" + System.getProperty("user.name"))
				.replace("/usr/bin/java", Path.of(System.getProperty("java.home"), "bin", "java").toString())
				.replace("/opt/my-app", this.folder.toString())
				.replace("/run/my-app", this.systemd.runtime().resolve("my-app").toString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	void start() {
		succeeds("start");
		assertActive();
	}

	void reload() {
		succeeds("reload");
	}

	Result failsToReload() {
		Result result = this.systemd.systemctl("reload", this.name);
		assertThat(result.code()).as(result::toString).isNotZero();
		return result;
	}

	void stop() {
		succeeds("stop");
		assertThat(properties()).containsEntry("ActiveState", "inactive").containsEntry("Result", "success");
	}

	private void succeeds(String verb) {
		Result result = this.systemd.systemctl(verb, this.name);
		assertThat(result.code()).as(() -> result + "\n" + this.systemd.log() + "\n" + output()).isZero();
	}

	String status() {
		return this.systemd.systemctl("status", this.name).output();
	}

	Map<String, String> properties() {
		return this.systemd.show(this.name);
	}

	long mainPid() {
		return Long.parseLong(properties().get("MainPID"));
	}

	/**
	 * How many clients are connected to the application.
	 */
	long connections() {
		// State 01 is established; the local port stands behind the local address.
		String connection = "\\s*[0-9]+: [0-9A-F]+:%04X [0-9A-F:]+ 01 .*".formatted(this.port);
		try (Stream<String> v4 = Files.lines(Path.of("/proc/net/tcp"));
				Stream<String> v6 = Files.lines(Path.of("/proc/net/tcp6"))) {
			return Stream.concat(v4, v6).filter((line) -> line.matches(connection)).count();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * What {@code /actuator/metrics} shows.
	 */
	double metric(String path) {
		URI uri = URI.create("http://127.0.0.1:%d/actuator/metrics/%s".formatted(this.management, path));
		try {
			String body = HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
				.body();
			return JsonPath.<Number>read(body, "$.measurements[0].value").doubleValue();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	void assertActive() {
		assertThat(properties()).containsEntry("ActiveState", "active")
			.containsEntry("SubState", "running")
			.containsEntry("NRestarts", "0");
	}

	static void assertGone(long pid) {
		until(() -> assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).as("process %d", pid).isEmpty());
	}

	static void until(ThrowingRunnable assertion) {
		Awaitility.await().atMost(Instance.PATIENCE).untilAsserted(assertion);
	}

}
