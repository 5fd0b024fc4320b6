package io.github.gracefulupgrade.test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What became of every request of a load. All moments are {@link System#nanoTime()}.
 */
public final class LoadReport {

	private static final int FAILURES_TO_LIST = 10;

	private final long startedAt;

	private final long endedAt;

	private final List<Fate> fates;

	private final List<Reconnect> reconnects;

	private final List<Mark> marks;

	LoadReport(long startedAt, long endedAt, Collection<Fate> fates, Collection<Reconnect> reconnects,
			Collection<Mark> marks) {
		this.startedAt = startedAt;
		this.endedAt = endedAt;
		this.fates = fates.stream().sorted(Comparator.comparingLong((fate) -> fate.endedAt() - startedAt)).toList();
		this.reconnects = List.copyOf(reconnects);
		this.marks = marks.stream().sorted(Comparator.comparingLong((mark) -> mark.at() - startedAt)).toList();
	}

	/**
	 * Fail unless every request was answered as it should have been, and there was one.
	 * @return this report
	 */
	public LoadReport assertNothingLost() {
		if (this.fates.isEmpty()) {
			throw new AssertionError("No request was sent, so nothing is known about what would have become of it");
		}
		if (!failures().isEmpty()) {
			throw new AssertionError(toString());
		}
		return this;
	}

	/**
	 * Return every request, in the order in which they ended.
	 * @return one fate for each request
	 */
	public List<Fate> fates() {
		return this.fates;
	}

	/**
	 * Return the requests that were not answered as they should have been.
	 * @return what {@link #lost()} and {@link #refused()} return
	 */
	public List<Fate> failures() {
		return this.fates.stream().filter((fate) -> !fate.answered()).toList();
	}

	/**
	 * Return the requests whose connection could be opened, and that got no good answer.
	 * @return the lost requests
	 */
	public List<Fate> lost() {
		return this.fates.stream().filter((fate) -> !fate.answered() && fate.outcome() != Outcome.REFUSED).toList();
	}

	/**
	 * Return the requests whose connection could not be opened.
	 * @return the refused requests
	 */
	public List<Fate> refused() {
		return this.fates.stream().filter((fate) -> fate.outcome() == Outcome.REFUSED).toList();
	}

	/**
	 * Return how many requests came to an outcome.
	 * @param outcome the outcome
	 * @return how many
	 */
	public int count(Outcome outcome) {
		return (int) this.fates.stream().filter((fate) -> fate.outcome() == outcome).count();
	}

	/**
	 * Return who answered how many requests, in the order of their first answers.
	 * @return good answers by pid; pid 0 stands for answers that do not tell
	 */
	public Map<Long, Integer> answersByPid() {
		Map<Long, Integer> answers = new LinkedHashMap<>();
		this.fates.stream().filter(Fate::answered).forEach((fate) -> answers.merge(fate.pid(), 1, Integer::sum));
		return answers;
	}

	/**
	 * Return the first good answer of a process.
	 * @param pid the process
	 * @return its first answer, if it answered
	 */
	public Optional<Fate> firstAnswerBy(long pid) {
		return this.fates.stream().filter((fate) -> fate.answered() && fate.pid() == pid).findFirst();
	}

	/**
	 * Return every time that a kept connection came to an end between two requests, which
	 * is a loss to nobody.
	 * @return announced and unannounced ends
	 */
	public List<Reconnect> reconnects() {
		return this.reconnects;
	}

	/**
	 * Return how often the server closed a kept connection between two requests without
	 * having announced it. No request was on its way; but with worse luck one would have
	 * been.
	 * @return the number of such closes
	 */
	public int unannouncedCloses() {
		return (int) this.reconnects.stream().filter((reconnect) -> !reconnect.announced()).count();
	}

	/**
	 * Return the moments that were marked, in order.
	 * @return the marks
	 */
	public List<Mark> marks() {
		return this.marks;
	}

	/**
	 * Return this report with some of the requests only. Reconnects and marks stay.
	 * @param predicate which requests to keep
	 * @return a new report
	 */
	public LoadReport only(Predicate<Fate> predicate) {
		return new LoadReport(this.startedAt, this.endedAt, this.fates.stream().filter(predicate).toList(),
				this.reconnects, this.marks);
	}

	/**
	 * Return this report with the requests only that began within a window.
	 * @param from the beginning of the window
	 * @param to its end, exclusive
	 * @return a new report
	 */
	public LoadReport between(long from, long to) {
		return only((fate) -> fate.startedAt() - from >= 0 && fate.startedAt() - to < 0);
	}

	/**
	 * Return a report on two loads that ran at the same time.
	 * @param other the report on the other load
	 * @return a new report
	 */
	public LoadReport plus(LoadReport other) {
		boolean earlier = this.startedAt - other.startedAt <= 0;
		boolean later = this.endedAt - other.endedAt >= 0;
		return new LoadReport(earlier ? this.startedAt : other.startedAt, later ? this.endedAt : other.endedAt,
				concat(this.fates, other.fates), concat(this.reconnects, other.reconnects),
				concat(this.marks, other.marks));
	}

	private static <T> List<T> concat(List<T> one, List<T> other) {
		List<T> both = new ArrayList<>(one);
		both.addAll(other);
		return both;
	}

	/**
	 * Return how long the answered requests took.
	 * @return the latency
	 */
	public Latency latency() {
		return Latency.of(this.fates);
	}

	/**
	 * Return who answered how many requests when, without gaps from the start to the end.
	 * @param width the length of a bucket
	 * @return the buckets
	 */
	public List<Bucket> timeline(Duration width) {
		int count = (int) ((this.endedAt - this.startedAt) / width.toNanos()) + 1;
		List<Bucket> buckets = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			buckets.add(new Bucket(width.multipliedBy(i), new TreeMap<>(), new ArrayList<>()));
		}
		for (Fate fate : this.fates) {
			Bucket bucket = buckets.get((int) ((fate.endedAt() - this.startedAt) / width.toNanos()));
			if (fate.answered()) {
				bucket.answers.merge(fate.pid(), 1, Integer::sum);
			}
			else {
				bucket.failures.add(fate);
			}
		}
		return buckets;
	}

	/**
	 * Return when the load began.
	 * @return the moment
	 */
	public long startedAt() {
		return this.startedAt;
	}

	/**
	 * Return when this report was written.
	 * @return the moment
	 */
	public long endedAt() {
		return this.endedAt;
	}

	/**
	 * Return the summary, and the first failures, each with when and where it happened.
	 */
	@Override
	public String toString() {
		StringBuilder text = new StringBuilder();
		List<Fate> failures = failures();
		text.append(String.format(Locale.ROOT, "%,d of %,d requests were lost, %,d refused", lost().size(),
				this.fates.size(), refused().size()));
		failures.stream().limit(FAILURES_TO_LIST).forEach((fate) -> text.append("\n  ").append(describe(fate)));
		if (failures.size() > FAILURES_TO_LIST) {
			text.append("\n  and ").append(failures.size() - FAILURES_TO_LIST).append(" more");
		}
		text.append("\nAnswered: ")
			.append(answersByPid().entrySet()
				.stream()
				.map((entry) -> String.format(Locale.ROOT, "%,d by pid %s", entry.getValue(),
						(entry.getKey() != 0) ? entry.getKey() : "unknown"))
				.collect(Collectors.joining(", ")));
		text.append(String.format(Locale.ROOT, "; kept connections closed between requests: %,d announced, %,d not",
				this.reconnects.size() - unannouncedCloses(), unannouncedCloses()));
		return text.toString();
	}

	private String describe(Fate fate) {
		// What matters is what had happened when it went wrong.
		String mark = this.marks.stream()
			.filter((candidate) -> candidate.at() - fate.endedAt() <= 0)
			.reduce((one, other) -> other)
			.map((last) -> String.format(Locale.ROOT, " (%.3f s after %s)", (fate.endedAt() - last.at()) / 1e9,
					last.label()))
			.orElse("");
		return String.format(Locale.ROOT, "at %.3f s%s on %s connection %d: %s %s after %.1f ms%s",
				(fate.endedAt() - this.startedAt) / 1e9, mark, fate.kind(), fate.connection(), fate.path(),
				fate.outcome(), fate.duration().toNanos() / 1e6, (fate.detail() != null) ? ", " + fate.detail() : "");
	}

	/**
	 * What ended within a part of the timeline.
	 *
	 * @param start the beginning of this part, since the load began
	 * @param answers good answers by pid
	 * @param failures the requests that were lost or refused
	 */
	public record Bucket(Duration start, Map<Long, Integer> answers, List<Fate> failures) {
	}

	/**
	 * The end of a kept connection between two requests.
	 *
	 * @param at when the client saw it
	 * @param connection the number of the connection
	 * @param announced whether the response before had said so
	 */
	public record Reconnect(long at, int connection, boolean announced) {
	}

	/**
	 * A moment that the report refers to.
	 *
	 * @param at when it was
	 * @param label what happened
	 */
	public record Mark(long at, String label) {
	}

}
