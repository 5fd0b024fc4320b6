package io.github.gracefulupgrade.it.drain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Clients that keep their connection for as long as no response announces its end, and
 * for which any other end is a failure.
 */
final class KeepAliveClients implements AutoCloseable {

	private final Supplier<RawClient> connector;

	private final List<Thread> threads = new ArrayList<>();

	private final Queue<String> failures = new ConcurrentLinkedQueue<>();

	private final Map<Long, AtomicInteger> answers = new ConcurrentHashMap<>();

	private final AtomicInteger announced = new AtomicInteger();

	private volatile boolean stopping;

	KeepAliveClients(Supplier<RawClient> connector, int count, long thinkMillis, String... paths) {
		this.connector = connector;
		for (int i = 0; i < count; i++) {
			String path = paths[i % paths.length];
			Thread thread = new Thread(() -> run(path, thinkMillis));
			thread.setDaemon(true);
			thread.start();
			this.threads.add(thread);
		}
	}

	private void run(String path, long thinkMillis) {
		String what = "connect";
		try {
			while (!this.stopping) {
				try (RawClient client = this.connector.get()) {
					boolean last = false;
					for (int i = 1; !last && !this.stopping; i++) {
						what = "request %d of a connection, to %s".formatted(i, path);
						RawClient.Response response = client.get(path);
						if (response.status() != 200) {
							throw new IllegalStateException("Status " + response.status());
						}
						this.answers.computeIfAbsent(response.pid(), (ignored) -> new AtomicInteger())
							.incrementAndGet();
						last = response.announcesClose();
						Await.pause(thinkMillis);
					}
					if (last) {
						this.announced.incrementAndGet();
						what = "the announced end";
						if (!client.isEnded()) {
							throw new IllegalStateException("Not a proper end");
						}
					}
				}
			}
		}
		catch (RuntimeException ex) {
			this.failures.add(what + ": " + ex);
		}
	}

	KeepAliveClients awaitAnswers(long pid, int count) {
		Await.until(count + " answers of pid " + pid, () -> answers(pid) >= count || !this.failures.isEmpty());
		return this;
	}

	int answers(long pid) {
		AtomicInteger answers = this.answers.get(pid);
		return (answers != null) ? answers.get() : 0;
	}

	KeepAliveClients stop() {
		this.stopping = true;
		for (Thread thread : this.threads) {
			try {
				thread.join(60_000);
			}
			catch (InterruptedException ex) {
				throw new AssertionError(ex);
			}
		}
		return this;
	}

	Queue<String> failures() {
		return this.failures;
	}

	/** How many connections ended as a response had announced. */
	int announced() {
		return this.announced.get();
	}

	@Override
	public void close() {
		stop();
	}

}
