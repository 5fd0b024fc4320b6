package io.github.gracefulupgrade.benchmark;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * The latency of every request over the time around a switch: a dot each, in the colour
 * of who answered, and a cross above for each that nobody did.
 */
final class LatencyPlot {

	/** Of the whole panel, with its axes. */
	static final int WIDTH = 470;

	static final int HEIGHT = 230;

	private static final int LEFT = 48;

	private static final int TOP = 48;

	private static final int BOTTOM = 30;

	/** The axis goes from 0.1 ms to 10 s, five decades. */
	private static final double LOWEST = 0.1;

	private static final int DECADES = 5;

	private static final String[] LABELS = { "0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s" };

	private final Svg svg;

	private final double left;

	private final double top;

	private final double width = WIDTH - LEFT - 16;

	private final double height = HEIGHT - TOP - BOTTOM;

	private final double from;

	private final double to;

	private LatencyPlot(Svg svg, double x, double y, double from, double to) {
		this.svg = svg;
		this.left = x + LEFT;
		this.top = y + TOP;
		this.from = from;
		this.to = to;
	}

	/**
	 * Draw a run.
	 * @param svg where to
	 * @param x the left edge of the panel
	 * @param y its upper edge
	 * @param title what is above it
	 * @param run what to draw
	 * @param before seconds before the switch
	 * @param after seconds after it
	 */
	static void draw(Svg svg, double x, double y, String title, Run run, double before, double after) {
		LatencyPlot plot = new LatencyPlot(svg, x, y, -before, after);
		svg.title(x + LEFT, y + 16, title);
		plot.axes();
		plot.dots(run);
	}

	/** What the colours mean, above all panels. */
	static void legend(Svg svg) {
		svg.dot(54, 20, 5, Svg.OLD);
		svg.text(64, 24, "start", 12, Svg.INK, "answered by the old version");
		svg.dot(254, 20, 5, Svg.NEW);
		svg.text(264, 24, "start", 12, Svg.INK, "by the new one");
		svg.text(384, 24, "start", 12, Svg.BAD, "× lost or refused");
		svg.text(514, 24, "start", 12, Svg.INK, "┆ the switch. Latency from the time when the request was due.");
	}

	private void axes() {
		for (int i = 0; i <= DECADES; i++) {
			double y = this.top + this.height * (DECADES - i) / DECADES;
			this.svg.line(this.left, y, this.left + this.width, y, Svg.GRID, 1);
			this.svg.text(this.left - 5, y + 3, "end", 9, Svg.DULL, LABELS[i]);
		}
		for (int second = (int) Math.ceil(this.from); second <= this.to; second += 2) {
			double x = x(second);
			this.svg.text(x, this.top + this.height + 14, "middle", 9, Svg.DULL, second + " s");
		}
		this.svg.dashes(x(0), this.top - 16, x(0), this.top + this.height, Svg.INK);
	}

	private void dots(Run run) {
		Set<Long> old = run.oldPids();
		StringBuilder byOld = new StringBuilder();
		StringBuilder byNew = new StringBuilder();
		StringBuilder bad = new StringBuilder();
		Set<String> seen = new HashSet<>();
		for (Sample sample : run.samples()) {
			double second = (sample.intendedAt() - run.switchedAt()) / 1e9;
			if (second < this.from || second > this.to) {
				continue;
			}
			boolean isOld = old.contains(sample.pid());
			String at = sample.answered() ? String.format(Locale.ROOT, "M%.0f %.0fh0", x(second), y(sample.latency()))
					: String.format(Locale.ROOT, "M%.0f %.0fl4 6m0 -6l-4 6", x(second) - 2, this.top - 14);
			// One dot for all that would lie on each other.
			if (seen.add(at + isOld)) {
				(!sample.answered() ? bad : isOld ? byOld : byNew).append(at);
			}
		}
		this.svg.dots(byOld, 2.2, Svg.OLD, 0.55);
		this.svg.dots(byNew, 2.2, Svg.NEW, 0.55);
		this.svg.dots(bad, 1.2, Svg.BAD, 1);
		long failed = run.load().count(Fate.LOST) + run.load().count(Fate.REFUSED);
		this.svg.text(this.left + this.width, this.top - 22, "end", 10, (failed > 0) ? Svg.BAD : Svg.DULL,
				(failed > 0) ? String.format(Locale.ROOT, "%,d not answered", failed) : "all answered");
	}

	private double x(double second) {
		return this.left + this.width * (second - this.from) / (this.to - this.from);
	}

	private double y(long nanos) {
		double decades = Math.log10(Math.max(LOWEST, nanos / 1e6) / LOWEST);
		return this.top + this.height * (1 - Math.min(DECADES, decades) / DECADES);
	}

}
