package io.github.gracefulupgrade.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where {@code benchmarks/run} begins.
 */
final class Main {

	private Main() {
	}

	public static void main(String[] args) throws Exception {
		Options options = new Options(args);
		Path out = Files.createDirectories(Path.of(options.text("out", "docs/benchmarks")));
		switch (options.mode()) {
			case "compare" -> new Comparison(options, out).run();
			case "switch" -> new SwitchLatencies(options, out).run();
			case "handover" -> new HandoverTimes(options, out).run();
			case "overhead" -> new Overhead(options, out).run();
			case "connections" -> new MovedConnections(options, out).run();
			case "floor" -> new Floor(options, out).run();
			case "ramp" -> new Ramps(options, out).run();
			default -> throw new IllegalArgumentException("No such mode: " + options.mode());
		}
		// The threads that read the output of ended processes may still be there.
		System.exit(0);
	}

	/** Tell who waits what is going on. */
	static void say(String format, Object... arguments) {
		System.out.println(format.formatted(arguments));
	}

}
