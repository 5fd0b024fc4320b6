package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.jayway.jsonpath.JsonPath;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code java -jar app.jar}, upgraded to whatever stands at the path of the jar by
 * nothing but {@code POST /actuator/upgrade}, or SIGHUP.
 */
class SpawnedUpgradeIT {

	private static final String PATH = "/actuator/upgrade";

	@TempDir
	private Path folder;

	private int port;

	@AfterEach
	void endWhoeverServes() throws Exception {
		// Nobody but the incumbent is this test's child.
		for (ProcessHandle process : ProcessHandle.allProcesses().filter(this::isOurs).toList()) {
			process.destroyForcibly();
			process.onExit().get(60, TimeUnit.SECONDS);
		}
	}

	private boolean isOurs(ProcessHandle process) {
		return process.info().commandLine().filter((line) -> line.contains(this.folder.toString())).isPresent();
	}

	/**
	 * Put a jar where that of the running instance is, as a deployment does.
	 */
	private void deploy(byte[] jar) throws IOException {
		Path file = Files.write(this.folder.resolve("new.jar"), jar);
		Files.move(file, this.folder.resolve("app.jar"), StandardCopyOption.ATOMIC_MOVE,
				StandardCopyOption.REPLACE_EXISTING);
	}

	private static byte[] sample() throws IOException {
		return Files.readAllBytes(Path.of(System.getProperty("sample-app.jar")));
	}

	private Instance start(String... arguments) throws IOException {
		deploy(sample());
		Path socket = Files.createDirectory(this.folder.resolve("run")).resolve("s");
		Instance instance = Application.jar(this.folder.resolve("app.jar"))
			.jvmOptions("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m")
			.onFreePort()
			.upgradeSocket(socket)
			.args("--pingora.spawn.enabled=true", "--pingora.close-timeout=200ms", "--spring.main.banner-mode=off",
					"--pingora.rehearsal=false", "--pingora.warm-up.rounds=1",
					"--spring.reactor.netty.shutdown-quiet-period=0s")
			.args(arguments)
			.start();
		this.port = instance.port();
		return Service.awaitUpgradable(instance);
	}

	private static <T> T read(Http.Answer answer, String path) {
		return JsonPath.read(answer.body(), path);
	}

	@Test
	void aPostAloneUpgradesToTheJarAtTheSamePath() throws Exception {
		try (Instance first = start(); Load load = Load.on(first).rate(50).start().awaitAnswers(20)) {
			Path out = stream(first.pid(), 1);
			deploy(new byte[] { 'P', 'K', 3, 4 });
			Http.Answer broken = Http.post(this.port, PATH);
			assertThat(broken.status()).isEqualTo(502);
			assertThat(SpawnedUpgradeIT.<String>read(broken, "$.attempt.reason")).contains("exited with code 1");
			assertThat(SpawnedUpgradeIT.<List<String>>read(broken, "$.attempt.output"))
				.contains("Error: Invalid or corrupt jarfile " + this.folder.resolve("app.jar"));
			assertThat(Http.get(this.port, "/").pid()).isEqualTo(first.pid());

			deploy(sample());
			Http.Answer upgraded = Http.post(this.port, PATH);
			assertThat(upgraded.status()).as(upgraded.body()).isEqualTo(200);
			assertThat(first.awaitExit()).isZero();
			Http.Answer after = Http.get(this.port, PATH);
			assertThat(after.pid()).isNotEqualTo(first.pid());
			assertThat(SpawnedUpgradeIT.<Integer>read(after, "$.generation")).isEqualTo(1);
			load.awaitAnswers(20).stop().assertNothingLost();
			// What it prints goes to the same place, although its starter is gone.
			assertThat(stream(after.pid(), 1)).isEqualTo(out);
		}
	}

	@Test
	@Tag("long")
	void generationAfterGenerationIsStartedByHangup() throws Exception {
		try (Instance first = start(); Load load = Load.on(first).rate(50).start().awaitAnswers(20)) {
			long pid = first.pid();
			Path out = stream(pid, 1);
			Path err = stream(pid, 2);
			for (int generation = 1; generation <= 3; generation++) {
				new ProcessBuilder("kill", "-HUP", Long.toString(pid)).start().waitFor();
				int expected = generation;
				Await.until(() -> {
					// One answer for both: while the predecessor accepts, too, the next
					// one may be its own.
					Http.Answer state = Http.get(this.port, PATH);
					assertThat(SpawnedUpgradeIT.<Integer>read(state, "$.generation")).isEqualTo(expected);
					assertThat(SpawnedUpgradeIT.<Boolean>read(state, "$.predecessor.draining")).isFalse();
				});
				pid = Http.get(this.port, "/").pid();
				assertThat(stream(pid, 1)).isEqualTo(out);
				assertThat(stream(pid, 2)).isEqualTo(err);
			}
			load.awaitAnswers(20).stop().assertNothingLost();
		}
	}

	private static Path stream(long pid, int descriptor) throws IOException {
		return Files.readSymbolicLink(Path.of("/proc/" + pid + "/fd/" + descriptor));
	}

	@Test
	@Tag("long")
	void aNewVersionThatNeverGetsReadyIsEnded() throws Exception {
		try (Instance first = start("--pingora.spawn.timeout=4s", "--pingora.spawn.log=" + this.folder.resolve("log"),
				"--pingora.spawn.command[0]=sh", "--pingora.spawn.command[1]=-c",
				"--pingora.spawn.command[2]=echo not quite ready; sleep 1000; : " + this.folder)) {
			Http.Answer answer = Http.post(this.port, PATH);
			assertThat(answer.status()).isEqualTo(502);
			assertThat(SpawnedUpgradeIT.<String>read(answer, "$.attempt.reason")).contains("pingora.spawn.timeout");
			assertThat(SpawnedUpgradeIT.<List<String>>read(answer, "$.attempt.output"))
				.containsExactly("not quite ready");
			assertThat(this.folder.resolve("log")).hasContent("not quite ready");
			assertThat(Http.get(this.port, "/").pid()).isEqualTo(first.pid());
		}
	}

	@Test
	@Tag("long")
	void aNewVersionThatFailsToStartTellsItsReason() throws Exception {
		// The same command line, but for an environment that the new version cannot live
		// with.
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		try (Instance first = start("--pingora.spawn.command[0]=" + java, "--pingora.spawn.command[1]=-jar",
				"--pingora.spawn.command[2]=" + this.folder.resolve("app.jar"), "--pingora.spawn.command[3]=--upgrade",
				"--pingora.spawn.command[4]=--pingora.upgrade-sock=" + this.folder.resolve("run/s"),
				"--pingora.spawn.command[5]=--server.port=" + Instance.freePort())) {
			Http.Answer answer = Http.post(this.port, PATH);
			assertThat(answer.status()).isEqualTo(502);
			assertThat(SpawnedUpgradeIT.<String>read(answer, "$.attempt.reason")).contains("no listener in common");
			assertThat(Http.get(this.port, "/").pid()).isEqualTo(first.pid());
		}
	}

}
