package io.github.gracefulupgrade.test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process has printed so far, read by a thread of its own so that the process
 * never waits for us. That thread does nothing but read: a thread dump of 500 lines comes
 * at the moment of a switch, when what a test measures needs the processors.
 */
final class Output {

	/**
	 * What has been read and is not in {@link #lines} yet. As all here, guarded by the
	 * monitor.
	 */
	private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

	private final List<String> lines = new ArrayList<>();

	private boolean ended;

	Output(InputStream stream, long pid) {
		Thread thread = new Thread(() -> read(stream), "output-of-" + pid);
		thread.setDaemon(true);
		thread.start();
	}

	private void read(InputStream stream) {
		byte[] bytes = new byte[8192];
		try (stream) {
			for (int count = stream.read(bytes); count >= 0; count = stream.read(bytes)) {
				add(bytes, count);
			}
		}
		catch (IOException ex) {
			// The stream is closed when the process is gone.
		}
		finally {
			end();
		}
	}

	private synchronized void add(byte[] bytes, int count) {
		this.pending.write(bytes, 0, count);
		notifyAll();
	}

	private synchronized void end() {
		this.ended = true;
		notifyAll();
	}

	/** The lines that are complete; in the end, also what is left of one. */
	private List<String> complete() {
		byte[] bytes = this.pending.toByteArray();
		int end = bytes.length;
		while (!this.ended && end > 0 && bytes[end - 1] != '\n') {
			end--;
		}
		if (end > 0) {
			new String(bytes, 0, end, StandardCharsets.UTF_8).lines().forEach(this.lines::add);
			this.pending.reset();
			this.pending.write(bytes, end, bytes.length - end);
		}
		return this.lines;
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
		return List.copyOf(complete());
	}

	synchronized boolean contains(Pattern pattern) {
		return complete().stream().anyMatch((line) -> pattern.matcher(line).find());
	}

	/**
	 * Wait for a line, be it one that is there already.
	 * @return the first match; empty when there is none in time, or can be none any more
	 */
	synchronized Optional<Matcher> await(Pattern pattern, long deadline) throws InterruptedException {
		for (int i = 0;; i++) {
			while (i == complete().size()) {
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
