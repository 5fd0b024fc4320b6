package io.github.gracefulupgrade.test.demo;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the command line says.
 *
 * @param jar the application
 * @param folder a private folder for the upgrade socket
 * @param duration seconds of load before the new version is started, and after the old
 * one has gone
 * @param rate short requests per second
 * @param connections keep-alive connections
 * @param fresh clients that open a connection for each request
 * @param closeTimeout seconds that both versions accept
 * @param logs whether to print what the two instances logged
 * @param colour whether the terminal shows colours
 * @param ascii whether the terminal shows nothing but ASCII
 */
record Options(Path jar, Path folder, int duration, int rate, int connections, int fresh, int closeTimeout,
		boolean logs, boolean colour, boolean ascii) {

	private static final Set<String> VALUES = Set.of("--jar", "--folder", "--duration", "--rate", "--connections",
			"--fresh", "--close-timeout");

	private static final Set<String> FLAGS = Set.of("--logs", "--colour", "--ascii");

	static Options parse(String... args) {
		Map<String, String> values = new HashMap<>();
		Set<String> flags = new HashSet<>();
		for (int i = 0; i < args.length; i++) {
			int equals = args[i].indexOf('=');
			String name = (equals > 0) ? args[i].substring(0, equals) : args[i];
			if (FLAGS.contains(args[i])) {
				flags.add(args[i]);
			}
			else if (VALUES.contains(name) && (equals > 0 || i + 1 < args.length)) {
				values.put(name, (equals > 0) ? args[i].substring(equals + 1) : args[++i]);
			}
			else {
				throw new IllegalArgumentException("What is " + args[i] + "? See ./demo --help");
			}
		}
		return new Options(Path.of(values.getOrDefault("--jar", "sample-app/target/sample-app.jar")),
				Path.of(values.getOrDefault("--folder", System.getProperty("java.io.tmpdir"))),
				number(values, "--duration", 3, 1), number(values, "--rate", 200, 1),
				number(values, "--connections", 8, 0), number(values, "--fresh", 4, 1),
				number(values, "--close-timeout", 2, 0), flags.contains("--logs"), flags.contains("--colour"),
				flags.contains("--ascii"));
	}

	private static int number(Map<String, String> values, String name, int otherwise, int least) {
		String value = values.get(name);
		if (value == null) {
			return otherwise;
		}
		if (!value.matches("[0-9]{1,6}") || Integer.parseInt(value) < least) {
			throw new IllegalArgumentException(name + " takes a number from " + least + ", not " + value);
		}
		return Integer.parseInt(value);
	}

}
