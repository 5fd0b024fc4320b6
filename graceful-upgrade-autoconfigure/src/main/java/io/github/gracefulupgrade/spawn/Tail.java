package io.github.gracefulupgrade.spawn;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The end of what a process prints, however much that is. Thread-safe.
 */
final class Tail {

	static final int MAX_LINES = 30;

	static final int MAX_BYTES = 8192;

	private final byte[] ring = new byte[MAX_BYTES];

	private long written;

	synchronized void add(byte[] bytes, int length) {
		int from = Math.max(0, length - MAX_BYTES);
		int at = (int) ((this.written + from) % MAX_BYTES);
		int untilEnd = Math.min(length - from, MAX_BYTES - at);
		System.arraycopy(bytes, from, this.ring, at, untilEnd);
		System.arraycopy(bytes, from + untilEnd, this.ring, 0, length - from - untilEnd);
		this.written += length;
	}

	synchronized List<String> lines() {
		int length = (int) Math.min(this.written, MAX_BYTES);
		byte[] bytes = new byte[length];
		for (int i = 0; i < length; i++) {
			bytes[i] = this.ring[(int) ((this.written - length + i) % MAX_BYTES)];
		}
		return lines(bytes, this.written > length);
	}

	/**
	 * The end of a file.
	 * @param from where to begin at the earliest
	 */
	static List<String> of(Path file, long from) throws IOException {
		try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
			long start = Math.max(Math.min(from, in.length()), in.length() - MAX_BYTES);
			byte[] bytes = new byte[(int) Math.min(MAX_BYTES, in.length() - start)];
			in.seek(start);
			in.readFully(bytes);
			return lines(bytes, start > from);
		}
	}

	private static List<String> lines(byte[] bytes, boolean cut) {
		List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
		int from = (cut && lines.size() > 1) ? 1 : 0; // the first one is only part of a
														// line
		from = Math.max(from, lines.size() - MAX_LINES);
		return Arrays.asList(lines.subList(from, lines.size()).toArray(String[]::new));
	}

}
