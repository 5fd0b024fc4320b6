package io.github.gracefulupgrade.test;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process has printed so far, read by a thread of its own so that the process
 * never waits for us.
 */
final class Output {

	private final List<String> lines = new ArrayList<>();

	private boolean ended;

	Output(InputStream stream, long pid) {
		Thread thread = new Thread(() -> read(stream), "output-of-" + pid);
		thread.setDaemon(true);
		thread.start();
	}

	private void read(InputStream stream) {
		try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
			for (String line = reader.readLine(); line != null; line = reader.readLine()) {
				add(line);
			}
		}
		catch (IOException ex) {
			// The stream is closed when the process is gone.
		}
		finally {
			end();
		}
	}

	private synchronized void add(String line) {
		this.lines.add(line);
		notifyAll();
	}

	private synchronized void end() {
		this.ended = true;
		notifyAll();
	}

	synchronized boolean hasEnded() {
		return this.ended;
	}

	synchronized void awaitEnd(long deadline) throws InterruptedException {
		for (long nanos = deadline - System.nanoTime(); !this.ended
				&& nanos > 0; nanos = deadline - System.nanoTime()) {
			wait(HttpConnection.millis(nanos));
		}
	}

	synchronized List<String> lines() {
		return List.copyOf(this.lines);
	}

	synchronized boolean contains(Pattern pattern) {
		return this.lines.stream().anyMatch((line) -> pattern.matcher(line).find());
	}

	/**
	 * Wait for a line, be it one that is there already.
	 * @return the first match; empty when there is none in time, or can be none any more
	 */
	synchronized Optional<Matcher> await(Pattern pattern, long deadline) throws InterruptedException {
		for (int i = 0;; i++) {
			while (i == this.lines.size()) {
				long nanos = deadline - System.nanoTime();
				if (this.ended || nanos <= 0) {
					return Optional.empty();
				}
				wait(HttpConnection.millis(nanos));
			}
			Matcher matcher = pattern.matcher(this.lines.get(i));
			if (matcher.find()) {
				return Optional.of(matcher);
			}
		}
	}

	/**
	 * Return the lines without the thread dumps that SIGQUIT causes.
	 */
	List<String> log() {
		List<String> log = new ArrayList<>();
		boolean threads = false;
		boolean heap = false;
		for (String line : lines()) {
			if (line.startsWith("Full thread dump")) {
				threads = true;
				if (!log.isEmpty() && log.get(log.size() - 1).matches("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}")) {
					log.remove(log.size() - 1);
				}
			}
			heap = line.startsWith("JNI global refs")
					|| (heap && (line.isEmpty() || line.equals("Heap") || line.startsWith(" ")));
			threads = threads && !heap;
			if (!threads && !heap) {
				log.add(line);
			}
		}
		return log;
	}

	String tail(int count) {
		List<String> log = log();
		return String.join("\n", log.subList(Math.max(0, log.size() - count), log.size()));
	}

}
