package io.github.gracefulupgrade.spawn;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.handover.Belongings;
import io.github.gracefulupgrade.handover.Descriptor;
import org.jspecify.annotations.Nullable;

/**
 * Where a child's output goes.
 * <p>
 * Into a file if there is one for it. Else through two pipes, whose other ends this
 * process copies to its own output: so there is an end of the output to be shown also
 * where one's own output cannot be read again, as that of a journal. A child that took
 * over must not depend on the pipes, for they end with this process. That is why it is
 * handed over this process's standard output and error, and puts them in the place of its
 * own, see {@link #streams()}.
 */
final class Output {

	/**
	 * How long a process that has ended may have its output copied: what it has started
	 * may live on, and keep the pipes open.
	 */
	private static final long REST_MILLIS = 500;

	private static final int MAX_CHUNK = 8192;

	private final @Nullable Path log;

	private final Tail tail = new Tail();

	private final List<Thread> copying = new ArrayList<>();

	private long from;

	Output(@Nullable Path log) {
		this.log = log;
	}

	void prepare(ProcessBuilder builder) throws IOException {
		Path log = this.log;
		builder.redirectInput(Redirect.from(Path.of("/dev/null").toFile()));
		if (log != null) {
			this.from = Files.exists(log) ? Files.size(log) : 0;
			builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile()));
		}
	}

	void started(Process process) {
		if (this.log == null) {
			copy(process.getInputStream(), FileDescriptor.out);
			copy(process.getErrorStream(), FileDescriptor.err);
		}
	}

	private void copy(InputStream in, FileDescriptor to) {
		Thread thread = new Thread(() -> copyAll(in, new FileOutputStream(to)), "graceful-upgrade-output");
		thread.setDaemon(true);
		thread.start();
		this.copying.add(thread);
	}

	/**
	 * Copy until the child has closed its end. It is read to the end in any case, lest
	 * the child be held up.
	 */
	private void copyAll(InputStream in, OutputStream out) {
		byte[] buffer = new byte[MAX_CHUNK];
		try (in) {
			for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
				this.tail.add(buffer, length);
				try {
					out.write(buffer, 0, length);
				}
				catch (IOException ex) {
					// This process's own output is gone.
				}
			}
		}
		catch (IOException ex) {
			// As good as its end.
		}
	}

	/**
	 * The process has ended: wait for what is on its way.
	 */
	void ended() throws InterruptedException {
		long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(REST_MILLIS);
		for (Thread thread : this.copying) {
			thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
		}
	}

	List<String> tail() {
		try {
			return (this.log != null) ? Tail.of(this.log, this.from) : this.tail.lines();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * This process's standard output and error, lent.
	 */
	List<Belongings.Item> streams() {
		return (this.log != null) ? List.of()
				: List.of(new Belongings.Open(Belongings.STANDARD_STREAMS, "out", Descriptor.borrowed(1)),
						new Belongings.Open(Belongings.STANDARD_STREAMS, "err", Descriptor.borrowed(2)));
	}

}
