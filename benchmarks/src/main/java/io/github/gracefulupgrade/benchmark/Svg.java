package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A drawing. The unit is a pixel, and the origin is top left.
 */
final class Svg {

	static final String OLD = "#2b6cb0";

	static final String NEW = "#dd8a1f";

	static final String BAD = "#c53030";

	static final String DULL = "#8a94a3";

	static final String GRID = "#e3e7ec";

	static final String INK = "#222b36";

	private final StringBuilder text = new StringBuilder();

	private final int width;

	private final int height;

	Svg(int width, int height) {
		this.width = width;
		this.height = height;
		add("<rect width='%d' height='%d' fill='white'/>", width, height);
	}

	private void add(String format, Object... arguments) {
		this.text.append(String.format(Locale.ROOT, format, arguments).replace('\'', '"')).append('\n');
	}

	void line(double x1, double y1, double x2, double y2, String colour, double stroke) {
		add("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-width='%.1f'/>", x1, y1, x2, y2, colour,
				stroke);
	}

	void dashes(double x1, double y1, double x2, double y2, String colour) {
		add("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-dasharray='4 3'/>", x1, y1, x2, y2,
				colour);
	}

	void bar(double x, double y, double width, double height, String colour) {
		add("<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' rx='2' fill='%s'/>", x, y, Math.max(0, width), height,
				colour);
	}

	void dot(double x, double y, double radius, String colour) {
		add("<circle cx='%.1f' cy='%.1f' r='%.1f' fill='%s' fill-opacity='0.7'/>", x, y, radius, colour);
	}

	/** Many dots, for which single elements would be too much. */
	void dots(CharSequence path, double size, String colour, double opacity) {
		if (!path.isEmpty()) {
			add("<path d='%s' stroke='%s' stroke-width='%.1f' stroke-opacity='%.2f' stroke-linecap='round' fill='none'/>",
					path, colour, size, opacity);
		}
	}

	/** Write something; the anchor is start, middle or end. */
	void text(double x, double y, String anchor, int size, String colour, String words) {
		add("<text x='%.1f' y='%.1f' text-anchor='%s' font-size='%d' fill='%s'>%s</text>", x, y, anchor, size, colour,
				words.replace("&", "&amp;").replace("<", "&lt;"));
	}

	void title(double x, double y, String words) {
		add("<text x='%.1f' y='%.1f' font-size='14' font-weight='600' fill='%s'>%s</text>", x, y, INK,
				words.replace("&", "&amp;").replace("<", "&lt;"));
	}

	void write(Path file) throws IOException {
		Files.writeString(file,
				("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %1$d %2$d\" width=\"%1$d\" height=\"%2$d\""
						+ " font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\">%n%3$s</svg>%n")
					.formatted(this.width, this.height, this.text));
	}

}
