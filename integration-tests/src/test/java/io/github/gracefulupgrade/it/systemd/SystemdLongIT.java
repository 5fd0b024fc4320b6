package io.github.gracefulupgrade.it.systemd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.gracefulupgrade.test.Load;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a unit lives through: many reloads, versions that fail, crashes, a stop in the
 * middle of a drain.
 */
@Tag("long")
class SystemdLongIT {

	private static final Path SAMPLE = Path.of(System.getProperty("sample-app.jar"));

	@TempDir
	Path folder;

	private UserSystemd systemd;

	private Unit unit;

	@BeforeEach
	void start() {
		this.systemd = UserSystemd.start(this.folder);
		this.unit = new Unit(this.systemd, this.folder);
	}

	@AfterEach
	void stop() {
		if (this.systemd != null) {
			this.systemd.close();
		}
	}

	@Test
	void threeReloadsUnderLoad() {
		this.unit.start();
		List<Long> pids = new ArrayList<>(List.of(this.unit.mainPid()));
		Set<String> states = new HashSet<>();
		try (Load load = Load.on(this.unit.port).rate(200).start().awaitAnswers(100)) {
			for (int i = 1; i <= 3; i++) {
				this.unit.deploy(SAMPLE);
				this.unit.reload();
				states.add(this.unit.properties().get("ActiveState"));
				pids.add(this.unit.mainPid());
				Unit.assertGone(pids.get(i - 1));
				this.unit.assertActive();
				load.awaitAnswers(100);
			}
			assertThat(load.stop().assertNothingLost().answersByPid()).containsOnlyKeys(pids);
		}
		assertThat(pids).doesNotHaveDuplicates();
		assertThat(states).containsOnly("active");
		assertThat(this.systemd.log()).doesNotContain("Failed with result", "Scheduled restart job");
		this.unit.stop();
	}

	@Test
	void aVersionThatDoesNotStartFailsTheReloadAndNothingElse() throws IOException {
		this.unit.start();
		assertReloadFails(Files.writeString(this.folder.resolve("broken.jar"), "no jar"), "Invalid or corrupt jarfile");
		this.unit.deploy(SAMPLE);
		this.unit.reload();
		this.unit.stop();
	}

	@Test
	void aVersionThatNeverBecomesReadyFailsTheReloadAndNothingElse() throws IOException {
		this.unit.environment("timeout", "PINGORA_SPAWN_TIMEOUT=4s");
		this.unit.start();
		assertReloadFails(jarOf(Hangs.class), "hangs here");
		this.unit.stop();
	}

	private void assertReloadFails(Path jar, String reason) {
		long pid = this.unit.mainPid();
		try (Load load = Load.on(this.unit.port).rate(100).start().awaitAnswers(50)) {
			this.unit.deploy(jar);
			this.unit.failsToReload();
			this.unit.assertActive();
			assertThat(this.unit.mainPid()).isEqualTo(pid);
			assertThat(this.unit.status()).contains("Status: \"Serving. The last upgrade failed: ");
			// What curl printed is in the journal, which is a file here.
			assertThat(this.unit.output()).contains("\"outcome\":\"FAILED\"", reason);
			assertThat(load.awaitAnswers(50).stop().assertNothingLost().answersByPid()).containsOnlyKeys(pid);
		}
	}

	@Test
	void aCrashAfterAReloadIsARestartEachTime() {
		this.unit.start();
		for (int i = 1; i <= 2; i++) {
			long before = this.unit.mainPid();
			this.unit.reload();
			Unit.assertGone(before);
			long pid = this.unit.mainPid();
			ProcessHandle.of(pid).orElseThrow().destroyForcibly();
			String restarts = Integer.toString(i);
			Unit.until(() -> assertThat(this.unit.properties()).containsEntry("NRestarts", restarts)
				.containsEntry("ActiveState", "active")
				.doesNotContainEntry("MainPID", Long.toString(pid)));
		}
		this.unit.stop();
	}

	@Test
	void aSuccessorThatCrashesInTheDrainLeavesTheUnitToTheIncumbent() {
		this.unit.environment("grace", "PINGORA_GRACE_PERIOD=60s");
		this.unit.start();
		long first = this.unit.mainPid();
		try (Load slow = Load.on(this.unit.port)
			.keepAlive(1)
			.fresh(0)
			.paths("/slow?ms=20000")
			.timeout(Duration.ofSeconds(60))
			.start()) {
			Unit.until(() -> assertThat(slow.soFar().fates()).isEmpty());
			this.unit.reload();
			long second = this.unit.mainPid();
			assertThat(second).isNotEqualTo(first);
			ProcessHandle.of(second).orElseThrow().destroyForcibly();
			Unit.until(() -> assertThat(this.unit.mainPid()).isEqualTo(first));
			this.unit.assertActive();
			assertThat(slow.awaitAnswers(1).stop().assertNothingLost().answersByPid()).containsOnlyKeys(first);
		}
		this.unit.assertActive();
		this.unit.stop();
	}

	@Test
	void aStopInTheMiddleOfADrainCutsNothing() {
		this.unit.start();
		long first = this.unit.mainPid();
		try (Load slow = Load.on(this.unit.port)
			.keepAlive(0)
			.fresh(1)
			.paths("/slow?ms=12000")
			.timeout(Duration.ofSeconds(60))
			.start()) {
			this.unit.reload();
			assertThat(this.unit.mainPid()).isNotEqualTo(first);
			Thread stopper = new Thread(this.unit::stop);
			stopper.start();
			slow.awaitAnswers(1);
			assertThat(slow.soFar().answersByPid()).containsKey(first);
		}
		Unit.assertGone(first);
	}

	@Test
	void aStopAfterAnUpgradeCutsNothing() {
		this.unit.start();
		long first = this.unit.mainPid();
		this.unit.reload();
		Unit.assertGone(first);
		long second = this.unit.mainPid();
		try (Load slow = Load.on(this.unit.port)
			.keepAlive(0)
			.fresh(1)
			.paths("/slow?ms=5000")
			.timeout(Duration.ofSeconds(60))
			.start()) {
			Unit.until(() -> assertThat(this.unit.connections()).isOne());
			this.unit.stop();
			assertThat(slow.soFar().answersByPid()).containsOnlyKeys(second);
		}
	}

	@Test
	void theWatchdogHearsTheSuccessorAndEndsOneThatHangs() {
		this.unit.dropIn("watchdog", "[Service]\nWatchdogSec=4\n");
		this.unit.start();
		long first = this.unit.mainPid();
		this.unit.reload();
		Unit.assertGone(first);
		long second = this.unit.mainPid();
		try (Load load = Load.on(this.unit.port).rate(20).start()) {
			// Six seconds' worth.
			load.awaitAnswers(120);
		}
		this.unit.assertActive();
		assertThat(this.unit.mainPid()).isEqualTo(second);
		signal("STOP", second);
		Unit.until(() -> assertThat(this.unit.properties()).containsEntry("NRestarts", "1")
			.containsEntry("ActiveState", "active"));
		this.unit.stop();
	}

	@Test
	void theSocketUnitKeepsConnectionsThatComeWhileNothingRuns() {
		String socket = this.unit.socket();
		assertThat(this.systemd.systemctl("start", socket).code()).isZero();
		try (Load load = Load.on(this.unit.port).keepAlive(1).fresh(1).timeout(Duration.ofSeconds(60)).start()) {
			load.awaitAnswers(10);
			this.unit.assertActive();
			long first = this.unit.mainPid();
			this.unit.reload();
			Unit.assertGone(first);
			assertThat(load.awaitAnswers(10).stop().assertNothingLost().answersByPid()).containsOnlyKeys(first,
					this.unit.mainPid());
		}
		assertThat(this.systemd.systemctl("stop", socket).code()).isZero();
		this.unit.stop();
	}

	private Path jarOf(Class<?> main) throws IOException {
		Path jar = this.folder.resolve(main.getSimpleName() + ".jar");
		Manifest manifest = new Manifest();
		manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
		manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main.getName());
		String entry = main.getName().replace('.', '/') + ".class";
		try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
				InputStream in = main.getResourceAsStream("/" + entry)) {
			out.putNextEntry(new JarEntry(entry));
			in.transferTo(out);
		}
		return jar;
	}

	private static void signal(String name, long pid) {
		try {
			new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
		}
		catch (IOException | InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	/**
	 * A version that starts and never becomes ready.
	 */
	static final class Hangs {

		private Hangs() {
		}

		public static void main(String[] args) throws InterruptedException {
			System.out.println("hangs here");
			new CountDownLatch(1).await();
		}

	}

}
