package io.github.gracefulupgrade.signal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests {@link QuitSignal} in real JVMs with real signals: in the JVM that runs the tests
 * and in a JDK 25, if there is one in {@code /usr/lib/jvm} or in the environment as
 * {@code JAVA_HOME_25_X64}.
 */
@ParameterizedClass
@MethodSource("javaHomes")
@EnabledOnOs(OS.LINUX)
class QuitSignalTests {

	@Parameter
	Path javaHome;

	static Set<Path> javaHomes() throws IOException {
		Set<Path> homes = new LinkedHashSet<>();
		homes.add(Path.of(System.getProperty("java.home")).toRealPath());
		String other = System.getenv("JAVA_HOME_25_X64");
		if (other != null) {
			homes.add(Path.of(other).toRealPath());
		}
		Path installed = Path.of("/usr/lib/jvm");
		if (Files.isDirectory(installed)) {
			try (DirectoryStream<Path> found = Files.newDirectoryStream(installed, "*25*")) {
				for (Path home : found) {
					if (Files.isExecutable(home.resolve("bin/java"))) {
						homes.add(home.toRealPath());
					}
				}
			}
		}
		return homes;
	}

	@Test
	void everySignalRunsTheActionAndPrintsAThreadDump() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome)) {
			jvm.say("listen");
			for (int i = 1; i <= 5; i++) {
				jvm.quitAndAwaitThreadDump();
				jvm.awaitSignals(i);
			}
			assertThat(jvm.signals()).isEqualTo(5);
			assertThat(jvm.threadDumps()).isEqualTo(5);
			assertThat(jvm.reports()).contains("signal on graceful-upgrade-signal");
			assertThat(jvm.end()).isZero();
		}
	}

	@Test
	void aSignalBeforeListeningIsNotAnswered() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome)) {
			jvm.quitAndAwaitThreadDump();
			jvm.say("listen");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(1);
			assertThat(jvm.end()).isZero();
			assertThat(jvm.signals()).isOne();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "jcmd Thread.print", "jstack" })
	void toolsThatAttachWorkAndRunNoAction(String tool) throws Exception {
		String[] words = tool.split(" ", 2);
		Path program = this.javaHome.resolve("bin").resolve(words[0]);
		assumeThat(program).as("a JDK, not a JRE").isExecutable();
		String[] arguments = (words.length > 1) ? new String[] { words[1] } : new String[0];
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome)) {
			jvm.say("listen");
			for (int i = 0; i < 2; i++) {
				ListenerProcess.Outcome outcome = jvm.attach(program, arguments);
				assertThat(outcome.exit()).as("%s", outcome.output()).isZero();
				assertThat(outcome.output()).anyMatch((line) -> line.startsWith("Full thread dump"));
			}
			// Signals are handled in order: an answer to a tool would come first.
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(1);
			assertThat(jvm.attach(program, arguments).exit()).isZero();
			assertThat(jvm.end()).isZero();
			assertThat(jvm.signals()).isOne();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "--ignore-signal=QUIT", "--block-signal=QUIT", "--default-signal=QUIT" })
	void whatSignalWasInTheParentDoesNotMatter(String disposition) throws Exception {
		try (ListenerProcess jvm = ListenerProcess.startWith(disposition, this.javaHome)) {
			assertThat(jvm.say("unsupported")).contains("supported");
			jvm.say("listen");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(1);
		}
	}

	@Test
	void jvmThatLeavesSignalsAloneIsToldAsSuch() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome, "-Xrs")) {
			String expected = "This JVM does not handle SIGQUIT: the signal kills the process. Start the JVM without "
					+ "-Xrs (-XX:+ReduceSignalUsage).";
			assertThat(jvm.say("unsupported")).contains(expected);
			assertThat(jvm.say("listen")).contains(expected);
			jvm.quit();
			assertThat(jvm.awaitExit()).isEqualTo(128 + 3);
		}
	}

	@Test
	void jvmThatLeavesAnIgnoredSignalAloneIsToldAsSuch() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.startWith("--ignore-signal=QUIT", this.javaHome,
				"-XX:+ReduceSignalUsage")) {
			assertThat(jvm.say("unsupported"))
				.anyMatch((line) -> line.startsWith("This JVM does not handle SIGQUIT: the signal has no effect."));
			jvm.quit();
			assertThat(jvm.end()).isZero();
		}
	}

	@Test
	void missingJnaIsToldAsSuch() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.startWithoutJna(this.javaHome)) {
			String expected = "SIGQUIT cannot be listened to without JNA. Add net.java.dev.jna:jna to the class path.";
			assertThat(jvm.say("unsupported")).contains(expected);
			assertThat(jvm.say("listen")).contains(expected);
			jvm.quitAndAwaitThreadDump();
			assertThat(jvm.end()).isZero();
		}
	}

	@Test
	void jnaThatCannotLoadItsLibraryIsToldAsSuchEveryTime() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome, "-Djna.nounpack=true",
				"-Djna.boot.library.path=/nonexistent")) {
			for (String command : List.of("unsupported", "listen", "unsupported")) {
				assertThat(jvm.say(command)).singleElement()
					.asString()
					.startsWith("SIGQUIT cannot be listened to, because JNA could not load its native library (")
					.contains("Could not find JNA native support")
					.endsWith("-Djna.tmpdir.");
			}
			jvm.awaitThreads(0);
		}
	}

	@Test
	void jvmThatRefusesNativeAccessIsToldAsSuchEveryTime() throws Exception {
		assumeThat(this.javaHome.resolve("release")).as("a JDK from 24 on")
			.content()
			.containsPattern("JAVA_VERSION=\"(2[4-9]|[3-9]\\d)");
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome, "--illegal-native-access=deny")) {
			for (String command : List.of("unsupported", "listen", "unsupported")) {
				assertThat(jvm.say(command)).singleElement()
					.asString()
					.contains("Start the JVM with --enable-native-access=ALL-UNNAMED.");
			}
		}
	}

	@Test
	void otherSystemIsToldAsSuch() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome, "-Dos.name=Plan 9")) {
			assertThat(jvm.say("unsupported"))
				.contains("SIGQUIT can be listened to on Linux only, and this is Plan 9. Run there.");
		}
	}

	@Test
	void actionThatBlocksHoldsUpNothingButItself() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome)) {
			jvm.say("listen and block");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(1);
			jvm.say("listen");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitReport("signal on");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(3);
			// The two signals that came meanwhile are answered by one more run.
			jvm.say("unblock");
			jvm.awaitSignals(4);
			jvm.say("unblock");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(6);
			assertThat(jvm.end()).isZero();
			assertThat(jvm.signals()).isEqualTo(6);
		}
	}

	@Test
	void actionThatThrowsIsReportedAndRunsAgain() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome)) {
			jvm.say("listen and throw");
			for (int i = 1; i <= 2; i++) {
				jvm.quitAndAwaitThreadDump();
				jvm.awaitSignals(i);
			}
			jvm.awaitReport("Exception in thread \"graceful-upgrade-signal\" java.lang.AssertionError: thrown by");
			jvm.awaitThreads(1);
		}
	}

	@Test
	void nothingHappensOnceClosed() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome)) {
			jvm.say("listen");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(1);
			jvm.say("close");
			for (int i = 0; i < 3; i++) {
				jvm.quitAndAwaitThreadDump();
			}
			jvm.awaitThreads(0);
			jvm.say("listen");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(2);
			assertThat(jvm.end()).isZero();
			assertThat(jvm.signals()).isEqualTo(2);
		}
	}

	@Test
	void closingOneLeavesTheOthersListening() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome)) {
			jvm.say("listen");
			jvm.say("listen");
			assertThat(jvm.say("unsupported")).contains("supported");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(2);
			jvm.say("close");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(3);
			jvm.say("close");
			jvm.quitAndAwaitThreadDump();
			assertThat(jvm.end()).isZero();
			assertThat(jvm.signals()).isEqualTo(3);
		}
	}

	@Test
	void environmentCanBeDisposedOfWhileTheJvmIsInTheCallback() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome)) {
			jvm.say("open environment");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(1);
			jvm.say("close environment");
			jvm.say("unblock");
			jvm.quitAndAwaitThreadDump();
			jvm.say("listen");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(2);
			assertThat(jvm.end()).isZero();
			assertThat(jvm.signals()).isEqualTo(2);
		}
	}

	@Test
	void fortySignalsWhileGarbageIsCollected() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome, "-Xmx64m", "-Xcheck:jni")) {
			jvm.say("litter");
			jvm.say("listen");
			for (int i = 1; i <= 40; i++) {
				jvm.quit();
				jvm.awaitSignals(i);
			}
			assertThat(jvm.signals()).isEqualTo(40);
			assertThat(jvm.end()).isZero();
		}
	}

	@Test
	void openingAndClosingUnderABurstOfSignals() throws Exception {
		try (ListenerProcess jvm = ListenerProcess.start(this.javaHome, "-Xmx64m")) {
			jvm.say("litter");
			for (int i = 0; i < 5; i++) {
				jvm.begin("open and close");
				for (int j = 0; j < 10; j++) {
					jvm.quit();
				}
			}
			jvm.say("listen");
			jvm.quitAndAwaitThreadDump();
			jvm.awaitSignals(1);
			assertThat(jvm.end()).isZero();
		}
	}

}
