package io.github.gracefulupgrade.test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import io.github.gracefulupgrade.test.LoadReport.Mark;
import io.github.gracefulupgrade.test.LoadReport.Reconnect;

/**
 * Where the clients of a load write down what happens, and where others wait for it.
 */
final class Recorder {

	private final long startedAt = System.nanoTime();

	private final List<Fate> fates = new ArrayList<>();

	private final List<Reconnect> reconnects = new ArrayList<>();

	private final List<Mark> marks = new ArrayList<>();

	private int connections;

	synchronized int nextConnection() {
		return ++this.connections;
	}

	synchronized void add(Fate fate) {
		this.fates.add(fate);
		notifyAll();
	}

	synchronized void add(Reconnect reconnect) {
		this.reconnects.add(reconnect);
	}

	synchronized void add(Mark mark) {
		this.marks.add(mark);
	}

	synchronized int size() {
		return this.fates.size();
	}

	/**
	 * Wait until some requests of a kind have ended.
	 * @return whether they have in time
	 */
	synchronized boolean await(int from, int count, Predicate<Fate> predicate, Duration timeout)
			throws InterruptedException {
		long deadline = System.nanoTime() + timeout.toNanos();
		int found = 0;
		for (int i = from; found < count; i++) {
			while (i >= this.fates.size()) {
				long nanos = deadline - System.nanoTime();
				if (nanos <= 0) {
					return false;
				}
				wait(HttpConnection.millis(nanos));
			}
			found += predicate.test(this.fates.get(i)) ? 1 : 0;
		}
		return true;
	}

	synchronized LoadReport report() {
		return new LoadReport(this.startedAt, System.nanoTime(), this.fates, this.reconnects, this.marks);
	}

}
