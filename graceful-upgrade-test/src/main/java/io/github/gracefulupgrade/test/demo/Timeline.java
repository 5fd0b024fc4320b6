package io.github.gracefulupgrade.test.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import io.github.gracefulupgrade.test.LoadReport.Bucket;

/**
 * Who served how many requests in each quarter of a second.
 */
final class Timeline {

	private static final Duration WIDTH = Duration.ofMillis(250);

	private static final int BAR = 44;

	/** The columns in front of the bar. */
	private static final int HEAD = 19;

	/** How many rows around an event are shown one by one. */
	private static final int NEIGHBOURS = 3;

	private final Story story;

	private final Options options;

	private final List<Bucket> buckets;

	private final Map<Integer, List<String>> events = new TreeMap<>();

	Timeline(Story story, Options options) {
		this.story = story;
		this.options = options;
		List<Bucket> all = story.report().timeline(WIDTH);
		// The last bucket is not over.
		this.buckets = all.subList(0, all.size() - 1);
		event(story.startOfV2(), "version 2 is started");
		event(story.upgrade().signalledAt(), "SIGQUIT");
		event(story.firstAnswerOfV2(), "first answer of version 2");
		event(story.lastConnectToV1(), "last new connection to version 1");
		event(story.upgrade().exitedAt(), "version 1 has exited");
	}

	private void event(long moment, String text) {
		int bucket = (int) (this.story.seconds(moment) * 1000 / WIDTH.toMillis());
		this.events.computeIfAbsent(bucket, (key) -> new ArrayList<>())
			.add(String.format(Locale.ROOT, "%s (%.2f s)", text, this.story.seconds(moment)));
	}

	void print(PrintStream out) {
		out.printf("%nRequests answered in each %d ms, by %s version 1, %s version 2%n%n", WIDTH.toMillis(),
				paint(1, block(1)), paint(2, block(2)));
		out.printf("   time   v1   v2%n");
		int most = this.buckets.stream().mapToInt((bucket) -> served(bucket, 1) + served(bucket, 2)).max().orElse(1);
		for (int i = 0; i < this.buckets.size(); i++) {
			int end = endOfMonotony(i);
			if (end - i > 2) {
				List<Bucket> folded = this.buckets.subList(i, end);
				out.printf(Locale.ROOT, "    %s  %4s %4s  %s%n", this.options.ascii() ? ":  " : "⋮  ", sum(folded, 1),
						sum(folded, 2), "in " + (end - i) + " times " + WIDTH.toMillis() + " ms");
				i = end - 1;
			}
			else {
				print(out, i, Math.max(1, most));
			}
		}
	}

	/** Return where the rows end, from one on, near which nothing happens. */
	private int endOfMonotony(int from) {
		int end = from;
		while (end < this.buckets.size() && isDull(end)) {
			end++;
		}
		return end;
	}

	private boolean isDull(int row) {
		boolean edge = row < 2 || row >= this.buckets.size() - 2;
		return !edge && this.buckets.get(row).failures().isEmpty()
				&& this.events.keySet().stream().noneMatch((event) -> Math.abs(event - row) <= NEIGHBOURS);
	}

	private void print(PrintStream out, int row, int most) {
		Bucket bucket = this.buckets.get(row);
		int one = served(bucket, 1);
		int both = one + served(bucket, 2);
		int first = Math.round((float) BAR * one / most);
		int all = Math.round((float) BAR * both / most);
		StringBuilder line = new StringBuilder();
		line.append(String.format(Locale.ROOT, "%7.2f %4s %4s  ", bucket.start().toMillis() / 1e3, number(one),
				number(both - one)));
		line.append(paint(1, block(1).repeat(first))).append(paint(2, block(2).repeat(all - first)));
		List<String> notes = new ArrayList<>(this.events.getOrDefault(row, List.of()));
		if (!bucket.failures().isEmpty()) {
			notes.add(paint(3, bucket.failures().size() + " LOST OR REFUSED"));
		}
		String gap = " ".repeat(BAR - all + 1);
		for (String note : notes) {
			out.println(line.append(gap).append(this.options.ascii() ? "< " : "◀ ").append(note));
			line.setLength(0);
			gap = " ".repeat(HEAD + BAR + 1);
		}
		if (notes.isEmpty()) {
			out.println(line);
		}
	}

	private int served(Bucket bucket, int version) {
		return bucket.answers().getOrDefault((version == 1) ? this.story.v1() : this.story.v2(), 0);
	}

	private String sum(List<Bucket> buckets, int version) {
		return number(buckets.stream().mapToInt((bucket) -> served(bucket, version)).sum());
	}

	private static String number(int count) {
		return (count == 0) ? "-" : Integer.toString(count);
	}

	private String block(int version) {
		if (this.options.ascii()) {
			return (version == 1) ? "#" : "=";
		}
		return (version == 1) ? "█" : "▒";
	}

	private String paint(int what, String text) {
		String[] colours = { "", "\033[34m", "\033[32m", "\033[1;31m" };
		return (this.options.colour() && !text.isEmpty()) ? colours[what] + text + "\033[0m" : text;
	}

}
