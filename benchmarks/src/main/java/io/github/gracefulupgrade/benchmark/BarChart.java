package io.github.gracefulupgrade.benchmark;

import java.util.ArrayList;
import java.util.List;

/**
 * Horizontal bars on a logarithmic scale, with a label each, and what it counts at its
 * end.
 */
final class BarChart {

	private static final int WIDTH = 720;

	private static final int ROW = 26;

	private static final int LEFT = 150;

	private static final int RIGHT = 200;

	private final String title;

	private final List<Bar> bars = new ArrayList<>();

	BarChart(String title) {
		this.title = title;
	}

	void bar(String label, double value, String colour, String words) {
		this.bars.add(new Bar(label, value, colour, words));
	}

	Svg draw() {
		Svg svg = new Svg(WIDTH, 48 + ROW * this.bars.size());
		svg.title(16, 24, this.title);
		double largest = this.bars.stream().mapToDouble(Bar::value).max().orElse(1);
		int y = 40;
		for (Bar bar : this.bars) {
			double length = (WIDTH - LEFT - RIGHT) * Math.log10(1 + bar.value) / Math.log10(2 + Math.max(0, largest));
			svg.text(LEFT - 8, y + 14, "end", 12, Svg.INK, bar.label);
			svg.bar(LEFT, y + 3, Math.max(1.5, length), ROW - 10, bar.colour);
			svg.text(LEFT + Math.max(1.5, length) + 6, y + 14, "start", 12, Svg.INK, bar.words);
			y += ROW;
		}
		return svg;
	}

	private record Bar(String label, double value, String colour, String words) {
	}

}
