package io.github.gracefulupgrade.benchmark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;

/**
 * Keep-alive connections, many of them, that move to the successor: how long that takes,
 * how much memory, and whether any has to be made again.
 */
final class MovedConnections {

	private static final Pattern DRAINED = Pattern.compile("drained in (\\d+) (ms|s): .* (\\d+) connection.s. handed");

	/** Descriptors of a process that are no connections of this. */
	private static final int OTHER_DESCRIPTORS = 500;

	/**
	 * When the first busy connection falls idle: then the old version has stopped
	 * accepting.
	 */
	private static final int FIRST_IDLE_MILLIS = 2500;

	/** And over how long all of them do. */
	private static final int ALL_IDLE_MILLIS = 2000;

	private final Options options;

	private final Path out;

	MovedConnections(Options options, Path out) {
		this.options = options;
		this.out = out;
	}

	void run() throws Exception {
		Markdown report = Machine.report("Connections that move", this.options);
		// Java raises its own limit to the hard one, and so do the instances.
		int limit = Integer.parseInt(Commands.run(Path.of("."), 5, Map.of(), "/bin/sh", "-c", "ulimit -H -n")
			.replace("unlimited", "1000000"));
		int repeats = this.options.number("repeats", 3);
		Map<Integer, List<Move>> idle = new LinkedHashMap<>();
		for (int i = 0; i < repeats; i++) {
			for (String text : this.options.list("sizes", "1000,2000,5000,10000,15000,19000")) {
				int size = Math.min(Integer.parseInt(text), limit - OTHER_DESCRIPTORS);
				idle.computeIfAbsent(size, (key) -> new ArrayList<>()).add(measure(size, false));
			}
		}
		List<Move> busy = new ArrayList<>();
		for (int i = 0; i < repeats; i++) {
			busy.add(measure(Math.min(this.options.number("busy", 1000), limit - OTHER_DESCRIPTORS), true));
		}
		report.row("descriptors of a process", "%,d at most".formatted(limit))
			.row("runs", "%d of each size, in turn, each with a new pair of instances".formatted(repeats))
			.line("");
		idle(report, idle);
		busy(report, busy);
		plot(idle).write(this.out.resolve("connections.svg"));
		report.write(this.out.resolve("connections.md"));
	}

	private static void idle(Markdown report, Map<Integer, List<Move>> idle) {
		report.line("## Idle")
			.line("")
			.line("Each had an answer and is idle at the switch. *Drained in* is what the old instance logs: from the moment that it stops accepting until nothing is left. *Not moved*:")
			.line("not answered by the successor on the same connection, each of which is asked once. Memory is resident, in MB, after a collection. Medians, but for *not moved*, which counts all runs.")
			.line("Wanted: 10,000 in under 1 s, none that did not move, and growth that is linear.")
			.line("")
			.line("![Time and memory](connections.svg)")
			.line("")
			.header("connections", "handed over", "not moved", "drained in, ms", "all, in ms", "µs each",
					"old: no connection", "old: all", "old: kB each", "new: waiting", "new: all", "new: kB each");
		idle.forEach((size, moves) -> report.row("%,d".formatted(size), whole(median(moves, Move::handedOver)),
				moves.stream().mapToInt(Move::notMoved).sum(), whole(median(moves, Move::millis)),
				moves.stream().map((move) -> whole(move.millis)).collect(Collectors.joining(", ")),
				whole(median(moves, Move::millis) * 1000 / size), whole(median(moves, Move::oldBare)),
				whole(median(moves, Move::oldFull)), "%.1f".formatted(median(moves, Move::oldGrowth)),
				whole(median(moves, Move::newBare)), whole(median(moves, Move::newFull)),
				"%.1f".formatted(median(moves, Move::newGrowth))));
		report.line("");
	}

	private static void busy(Markdown report, List<Move> busy) {
		report.line("## Busy")
			.line("")
			.line("Each waits for an answer (`/slow`) at the switch. They fall idle one by one, over %.0f s, after the old instance has stopped accepting, and are asked again at once.",
					ALL_IDLE_MILLIS / 1e3)
			.line("*Cut or not moved*: the old instance did not answer the first request, or the successor not the second one on the same connection.")
			.line("")
			.header("connections", "handed over", "cut or not moved", "drained in, ms");
		busy.forEach((move) -> report.row("%,d".formatted(move.size), whole(move.handedOver), move.notMoved,
				whole(move.millis)));
	}

	private Move measure(int size, boolean busy) throws Exception {
		Application application = SampleApplication.upgradable("--pingora.close-timeout=1s");
		List<HeldConnection> connections = new ArrayList<>();
		try (Instance incumbent = application.start().awaitServing()) {
			double oldBare = SampleApplication.settledMemory(incumbent);
			for (int i = 0; i < size; i++) {
				connections.add(new HeldConnection(incumbent.port()));
				if (!connections.get(i).reaches(incumbent.pid())) {
					throw new IllegalStateException("No answer before anything happened");
				}
			}
			double oldFull = SampleApplication.settledMemory(incumbent);
			try (Instance successor = SampleApplication.startSuccessor(application)) {
				double newBare = SampleApplication.settledMemory(successor);
				for (int i = 0; busy && i < size; i++) {
					connections.get(i).ask("/slow?ms=" + (FIRST_IDLE_MILLIS + ALL_IDLE_MILLIS * i / size));
				}
				incumbent.quit();
				Set<HeldConnection> notMoved = new HashSet<>();
				for (int i = 0; busy && i < size; i++) {
					if (!connections.get(i).isAnsweredBy(incumbent.pid())
							|| !connections.get(i).reaches(successor.pid())) {
						notMoved.add(connections.get(i));
					}
				}
				MatchResult drained = incumbent.awaitLog(DRAINED, Instance.PATIENCE);
				incumbent.awaitExit();
				connections.stream()
					.filter((connection) -> !connection.reaches(successor.pid()))
					.forEach(notMoved::add);
				double millis = Double.parseDouble(drained.group(1)) * (drained.group(2).equals("s") ? 1000 : 1);
				Main.say("%,d %s connections: %s handed over in %.0f ms, %d not on the same connection", size,
						busy ? "busy" : "idle", drained.group(3), millis, notMoved.size());
				return new Move(size, Integer.parseInt(drained.group(3)), notMoved.size(), millis, oldBare, oldFull,
						newBare, SampleApplication.settledMemory(successor));
			}
		}
		finally {
			connections.forEach(HeldConnection::close);
		}
	}

	private static double median(List<Move> moves, ToDoubleFunction<Move> value) {
		return Statistics.median(moves.stream().map(value::applyAsDouble).toList());
	}

	private static String whole(double value) {
		return String.format(Locale.ROOT, "%,.0f", value);
	}

	/** Time and memory over the number of connections, with a line through the origin. */
	private static Svg plot(Map<Integer, List<Move>> idle) {
		Svg svg = new Svg(940, 260);
		panel(svg, 0, "Drained in, ms", idle, Svg.OLD, Move::millis);
		panel(svg, 470, "Growth of the successor, MB", idle, Svg.NEW, (move) -> move.newFull - move.newBare);
		return svg;
	}

	private static void panel(Svg svg, double left, String title, Map<Integer, List<Move>> idle, String colour,
			ToDoubleFunction<Move> value) {
		int most = idle.keySet().stream().mapToInt(Integer::intValue).max().orElse(1);
		double highest = idle.values().stream().flatMap(List::stream).mapToDouble(value).max().orElse(1);
		double top = Math.max(1, highest * 1.1);
		svg.title(left + 50, 24, title);
		svg.line(left + 50, 40, left + 50, 220, Svg.GRID, 1);
		svg.line(left + 50, 220, left + 450, 220, Svg.GRID, 1);
		svg.text(left + 45, 220, "end", 9, Svg.DULL, "0");
		svg.text(left + 45, 220 - 180 * highest / top, "end", 9, Svg.DULL, whole(highest));
		// What growth in proportion would be, from the largest number on.
		svg.dashes(left + 50, 220, left + 430,
				220 - 180 * Math.max(0, median(idle.getOrDefault(most, List.of()), value)) / top, Svg.DULL);
		idle.forEach((size, moves) -> {
			double x = left + 50 + 380.0 * size / most;
			svg.text(x, 236, "middle", 9, Svg.DULL, "%,d".formatted(size));
			moves.forEach((move) -> svg.dot(x, 220 - 180 * Math.max(0, value.applyAsDouble(move)) / top, 3.5, colour));
		});
	}

	/**
	 * An upgrade. Memory is in MB.
	 *
	 * @param size how many connections there were
	 * @param handedOver how many of them the old version handed over
	 * @param notMoved how many were not answered, or by the wrong process
	 * @param millis how long that took the old version
	 * @param oldBare memory of the old version before there were connections
	 * @param oldFull the same with all of them
	 * @param newBare memory of the new version while it waits
	 * @param newFull the same when all connections have moved and were asked
	 */
	private record Move(int size, int handedOver, int notMoved, double millis, double oldBare, double oldFull,
			double newBare, double newFull) {

		double oldGrowth() {
			return (this.oldFull - this.oldBare) * 1000 / this.size;
		}

		double newGrowth() {
			return (this.newFull - this.newBare) * 1000 / this.size;
		}

	}

}
