package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A report that grows line by line.
 */
final class Markdown {

	private final StringBuilder text = new StringBuilder();

	Markdown line(String format, Object... arguments) {
		this.text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
		return this;
	}

	Markdown header(String... cells) {
		row((Object[]) cells);
		return line("%s", Arrays.stream(cells).map((cell) -> "---").collect(Collectors.joining("|", "|", "|")));
	}

	Markdown row(Object... cells) {
		return line("%s", Arrays.stream(cells).map(String::valueOf).collect(Collectors.joining(" | ", "| ", " |")));
	}

	void write(Path file) throws IOException {
		Files.writeString(file, this.text);
		Main.say("%nWrote %s", file);
	}

	/** Milliseconds with as many digits as make sense. */
	static String millis(double value) {
		if (Double.isNaN(value)) {
			return "–";
		}
		return String.format(Locale.ROOT, (Math.abs(value) < 10) ? "%.1f" : "%,.0f", value);
	}

}
