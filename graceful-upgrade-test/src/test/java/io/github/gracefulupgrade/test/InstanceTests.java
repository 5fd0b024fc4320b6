package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sun.misc.Signal;
import sun.misc.SignalHandler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class InstanceTests {

	private static final int SIGINT = 2;

	private Application app;

	@BeforeEach
	void application(@TempDir Path folder) {
		this.app = FakeApplication.application().onFreePort().upgradeSocket(folder.resolve("app.sock"));
	}

	@Test
	void instanceIsSeenFromOutside() {
		try (Instance instance = this.app.start().awaitServing()) {
			assertThat(instance.awaitLog("Started (\\w+) in").group(1)).isEqualTo("FakeApplication");
			assertThat(instance.output()).contains("Started FakeApplication in 0.1 seconds");
			assertThat(instance.openDescriptors()).hasSizeGreaterThan(2);
			assertThat(instance.threads()).isPositive();
			assertThat(instance.residentMemory()).isPositive();
		}
	}

	@Test
	void closeLeavesNoProcessBehind() {
		List<ProcessHandle> family;
		try (Instance instance = this.app.start().awaitServing()) {
			ProcessHandle handle = ProcessHandle.of(instance.pid()).orElseThrow();
			family = handle.descendants().toList();
			assertThat(family).isNotEmpty();
		}
		assertThat(family).allSatisfy((handle) -> handle.onExit().get());
	}

	@Test
	void closeEndsAnInstanceThatStandsStill() {
		Instance instance = this.app.start().awaitServing();
		instance.suspend();
		instance.close();
		assertThat(instance.isAlive()).isFalse();
	}

	@Test
	void noInstanceOutlivesTheJvmThatStartedIt() throws Exception {
		Application starter = Application.mainClass(Starter.class.getName(), System.getProperty("java.class.path"));
		try (Instance instance = starter.start()) {
			long pid = Long.parseLong(instance.awaitLog("pid ([0-9]+)").group(1));
			ProcessHandle child = ProcessHandle.of(pid).orElseThrow();
			instance.terminate();
			instance.awaitExit(Duration.ofSeconds(20));
			child.onExit().get();
		}
	}

	@Test
	void waitEndsWhenTheProcessDoesAndTellsItsLastWords() {
		try (Instance instance = this.app.args("--fail").start()) {
			assertThatExceptionOfType(AssertionError.class).isThrownBy(instance::awaitServing)
				.withMessageContaining("exited with 7")
				.withMessageContaining("No, not today");
			assertThat(instance.awaitExit()).isEqualTo(7);
			assertThatExceptionOfType(AssertionError.class).isThrownBy(instance::quit).withMessageContaining("is gone");
		}
	}

	@Test
	void waitIsBounded() {
		try (Instance instance = this.app.start().awaitServing()) {
			assertThatExceptionOfType(AssertionError.class)
				.isThrownBy(() -> instance.awaitLog(Pattern.compile("never"), Duration.ofMillis(50)));
			assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> instance.awaitExit(Duration.ofMillis(50)))
				.withMessageContaining("does not exit")
				.withMessageContaining("Started FakeApplication");
		}
	}

	@Test
	void killedInstanceHasTheExitCodeThatAShellWouldShow() {
		try (Instance instance = Application.mainClass(Starter.class.getName(), System.getProperty("java.class.path"))
			.start()) {
			instance.kill();
			assertThat(instance.awaitExit()).isEqualTo(128 + 9);
		}
	}

	@Test
	void threadDumpIsOutputButNoLog() {
		try (Instance instance = Application.mainClass(Talker.class.getName(), System.getProperty("java.class.path"))
			.start()) {
			instance.awaitLog("tick 1$");
			instance.quit();
			instance.awaitLog("JNI global refs");
			instance.awaitLog("tick 5$");
			assertThat(instance.output()).anyMatch((line) -> line.startsWith("Full thread dump"));
			assertThat(instance.log()).as("all else is there").startsWith("tick 1").contains("tick 5");
			assertThat(instance.log()).allMatch((line) -> line.startsWith("tick "));
		}
	}

	@Test
	void waitingSuccessorDoesNotServeThoughItsPortIsAnswered() {
		try (Instance v1 = this.app.start().awaitServing(); Instance v2 = this.app.successor().start()) {
			v2.awaitLog(Upgrade.SUCCESSOR_WAITS.pattern());
			assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> v2.awaitServing(Duration.ofMillis(300)));
			assertThat(v1.isAlive()).isTrue();
		}
	}

	@Test
	void instanceDoesNotInheritIgnoredSignals() throws Exception {
		SignalHandler before = Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
		try (Instance clean = this.app.start().awaitServing();
				Instance inheriting = this.app.inheritIgnoredSignals().onFreePort().start().awaitServing()) {
			assertThat(ignores(clean, SIGINT)).isFalse();
			assertThat(ignores(inheriting, SIGINT)).isTrue();
		}
		finally {
			Signal.handle(new Signal("INT"), before);
		}
	}

	@Test
	void laterArgumentReplacesOneForTheSameProperty() {
		try (Instance instance = this.app.args("--server.port=1").onFreePort().start().awaitServing()) {
			assertThat(instance.isAlive()).isTrue();
		}
	}

	@Test
	void applicationWithoutPortHasNoneToTell() {
		try (Instance instance = Application.mainClass("Missing", ".").start()) {
			assertThatIllegalStateException().isThrownBy(instance::port).withMessageContaining("onFreePort");
			assertThat(instance.awaitExit()).isOne();
		}
	}

	private static boolean ignores(Instance instance, int signal) throws IOException {
		String mask = Files.readAllLines(Path.of("/proc/" + instance.pid() + "/status"))
			.stream()
			.filter((line) -> line.startsWith("SigIgn:"))
			.findFirst()
			.orElseThrow()
			.substring("SigIgn:".length())
			.strip();
		return (Long.parseUnsignedLong(mask, 16) >> (signal - 1) & 1) == 1;
	}

	/**
	 * A JVM that starts an instance and does not look after it.
	 */
	static final class Starter {

		private Starter() {
		}

		public static void main(String[] args) throws Exception {
			Application sleeper = Application.mainClass(Sleeper.class.getName(), System.getProperty("java.class.path"));
			System.out.println(sleeper.start());
			Thread.currentThread().join();
		}

	}

	/**
	 * A JVM that says something every other moment.
	 */
	static final class Talker {

		private Talker() {
		}

		public static void main(String[] args) throws Exception {
			for (int i = 1;; i++) {
				System.out.println("tick " + i);
				// Long enough that no tick falls into the middle of the dump.
				Thread.sleep(200);
			}
		}

	}

	/**
	 * A JVM that does nothing.
	 */
	static final class Sleeper {

		private Sleeper() {
		}

		public static void main(String[] args) throws Exception {
			Thread.currentThread().join();
		}

	}

}
