package io.github.gracefulupgrade.test.demo;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.gracefulupgrade.test.FakeApplication;
import io.github.gracefulupgrade.test.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class DemoTests {

	private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

	private final PrintStream out = new PrintStream(this.bytes, true, StandardCharsets.UTF_8);

	@Test
	void demoTellsTheWholeStory(@TempDir Path folder) {
		Options options = Options.parse("--duration=1", "--rate", "150", "--logs");
		boolean good = new Demo(options, this.out)
			.run(FakeApplication.application().onFreePort().upgradeSocket(folder.resolve("app.sock")));
		String text = this.bytes.toString(StandardCharsets.UTF_8);
		assertThat(text).contains("Version 1 serves")
			.contains("Started FakeApplication")
			.containsPattern("█+▒+ .*◀")
			.contains("◀ SIGQUIT", "version 1 has exited")
			.containsPattern("answered by version 2 +[1-9]\\d+ +[1-9]\\d+")
			.containsPattern("Handover: \\d+ ms from SIGQUIT")
			.containsPattern("during, from SIGQUIT to the exit +[1-9]\\d+ ")
			// This application may lose what comes at the wrong moment.
			.contains(lost(text) ? "NOT GOOD. " : ": 0 refused, 0 lost.");
		assertThat(good).isEqualTo(!lost(text));
	}

	@Test
	void demoIsNotGoodIfARequestIsLost(@TempDir Path folder) {
		Options options = Options.parse("--duration=1", "--rate=100");
		boolean good = new Demo(options, this.out).run(FakeApplication.application()
			.onFreePort()
			.upgradeSocket(folder.resolve("app.sock"))
			.args("--forgetful"));
		assertThat(good).isFalse();
		String text = this.bytes.toString(StandardCharsets.UTF_8);
		assertThat(lost(text)).isTrue();
		assertThat(text).contains("NOT GOOD. ").contains(Outcome.CLOSED + " ").doesNotContain("0 lost.");
	}

	/**
	 * Whether the table of what became of the requests says so.
	 */
	private static boolean lost(String text) {
		return Stream.of(Outcome.values())
			.filter((outcome) -> outcome != Outcome.ANSWERED)
			.anyMatch((outcome) -> !Pattern.compile("^" + outcome + "(, no answer)? +0 +0$", Pattern.MULTILINE)
				.matcher(text)
				.find());
	}

	@Test
	void optionsThatMakeNoSenseAreNamed() {
		assertThatIllegalArgumentException().isThrownBy(() -> Options.parse("--speed", "1"))
			.withMessageContaining("What is --speed?");
		assertThatIllegalArgumentException().isThrownBy(() -> Options.parse("--rate=0"))
			.withMessageContaining("--rate takes a number from 1, not 0");
		assertThatIllegalArgumentException().isThrownBy(() -> Options.parse("--rate"));
	}

}
