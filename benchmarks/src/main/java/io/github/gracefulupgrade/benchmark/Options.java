package io.github.gracefulupgrade.benchmark;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The command line: a mode, and options with a value each.
 */
final class Options {

	private static final Set<String> KNOWN = Set.of("rounds", "rate", "keep-alive", "fresh", "before", "after", "only",
			"out", "tableflip-source", "upgrades", "warm-up", "pairs", "seconds", "sizes", "repeats", "busy",
			"aot-cache", "heap");

	private final String mode;

	private final List<String> arguments;

	private final Map<String, String> values = new LinkedHashMap<>();

	Options(String... arguments) {
		this.arguments = List.of(arguments);
		boolean named = arguments.length > 0 && !arguments[0].startsWith("--");
		this.mode = named ? arguments[0] : "compare";
		for (int i = named ? 1 : 0; i < arguments.length; i += 2) {
			String name = arguments[i].replaceFirst("^--", "");
			if (!KNOWN.contains(name) || i + 1 == arguments.length) {
				throw new IllegalArgumentException("No such option, or no value for it: " + arguments[i]);
			}
			this.values.put(name, arguments[i + 1]);
		}
	}

	String mode() {
		return this.mode;
	}

	/** How it was called. */
	String command() {
		return ("benchmarks/run " + this.arguments.stream()
			.map((argument) -> argument.contains(" ") ? "'" + argument + "'" : argument)
			.collect(Collectors.joining(" "))).strip();
	}

	int number(String name, int defaultValue) {
		return Integer.parseInt(text(name, Integer.toString(defaultValue)));
	}

	String text(String name, String defaultValue) {
		return this.values.getOrDefault(name, defaultValue);
	}

	@Nullable String text(String name) {
		return this.values.get(name);
	}

	List<String> list(String name, String defaultValue) {
		return List.of(text(name, defaultValue).split(","));
	}

}
