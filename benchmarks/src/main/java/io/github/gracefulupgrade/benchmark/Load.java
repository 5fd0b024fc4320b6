package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

/**
 * Load on a port of this machine, from one thread that never blocks: either by a
 * {@link Schedule}, or with each client always waiting for an answer. Everything else
 * here belongs to that thread until the load has been stopped.
 */
final class Load implements AutoCloseable {

	/** How exact the schedule is kept, without spinning. */
	private static final long NAP = 40_000;

	private static final long DRAIN = 11_000_000_000L;

	private final List<Client> clients = new ArrayList<>();

	private final List<Sample> samples = new ArrayList<>();

	private final Selector selector = Selector.open();

	private final @Nullable Schedule schedule;

	private final Thread thread;

	private volatile boolean stopping;

	private volatile @Nullable RuntimeException broken;

	/** The last one who answered. */
	private volatile long lastPid;

	private Load(int port, int keepAlive, int fresh, double rate) throws IOException {
		InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
		byte[] request = "GET / HTTP/1.1\r\nHost: localhost:%d\r\n\r\n".formatted(port)
			.getBytes(StandardCharsets.ISO_8859_1);
		int count = keepAlive + fresh;
		for (int i = 0; i < count; i++) {
			// The fresh ones evenly among the others.
			boolean isFresh = (i + 1) * fresh / count > i * fresh / count;
			this.clients.add(new Client(address, request, this.selector, isFresh, this.samples));
		}
		this.schedule = (rate > 0) ? new Schedule(System.nanoTime(), rate) : null;
		this.thread = new Thread(this::run, "load");
		this.thread.setDaemon(true);
	}

	/**
	 * Send requests at a rate, however long the answers take.
	 * @param port where to
	 * @param keepAlive clients that keep their connection
	 * @param fresh clients that open a connection for each request
	 * @param perSecond requests of all clients in a second
	 */
	static Load open(int port, int keepAlive, int fresh, double perSecond) throws IOException {
		return new Load(port, keepAlive, fresh, perSecond).start();
	}

	/** Send as many requests as the server answers. */
	static Load saturating(int port, int keepAlive, int fresh) throws IOException {
		return new Load(port, keepAlive, fresh, 0).start();
	}

	/** Send as many requests as are answered for some seconds, and say how many. */
	static double saturate(int port, int keepAlive, int fresh, int seconds) throws IOException, InterruptedException {
		try (Load load = saturating(port, keepAlive, fresh)) {
			Thread.sleep(seconds * 1000L);
			return (double) load.stop().count(Fate.ANSWERED) / seconds;
		}
	}

	private Load start() {
		this.thread.start();
		return this;
	}

	private void run() {
		try {
			int turn = 0;
			while (!this.stopping) {
				long now = System.nanoTime();
				if (this.schedule == null) {
					this.clients.stream().filter(Client::isIdle).forEach((client) -> client.request(System.nanoTime()));
				}
				else {
					while (this.schedule.isDue(now)) {
						this.clients.get(turn++ % this.clients.size()).request(this.schedule.take());
					}
				}
				poll(now);
			}
			long deadline = System.nanoTime() + DRAIN;
			while (System.nanoTime() < deadline && !this.clients.stream().allMatch(Client::isIdle)) {
				poll(System.nanoTime());
			}
		}
		catch (IOException ex) {
			this.broken = new IllegalStateException("The load itself is broken", ex);
		}
		catch (RuntimeException ex) {
			this.broken = ex;
		}
	}

	private void poll(long now) throws IOException {
		if (this.selector.selectNow((key) -> ((Client) key.attachment()).ready()) == 0) {
			this.clients.forEach((client) -> client.tick(now));
			LockSupport.parkNanos(nap(now));
		}
		else if (!this.samples.isEmpty()) {
			this.lastPid = this.samples.get(this.samples.size() - 1).pid();
		}
	}

	/**
	 * How long there may be nothing to do. Without a connection, nothing happens before a
	 * request is due: a machine that is to be idle is not woken for that.
	 */
	private long nap(long now) {
		if (this.schedule == null || this.clients.stream().anyMatch(Client::isConnected)) {
			return NAP;
		}
		return Math.max(NAP, this.schedule.next() - now);
	}

	/** Who answered last, while the load goes on; 0 if the last one was not answered. */
	long lastPid() {
		return this.lastPid;
	}

	/**
	 * Stop sending, and wait for the answers that are still due.
	 * @return every request that was due
	 */
	Result stop() throws InterruptedException {
		this.stopping = true;
		this.thread.join(DRAIN / 1_000_000 * 2);
		if (this.broken != null) {
			throw this.broken;
		}
		return new Result(List.copyOf(this.samples), this.clients.stream().mapToInt(Client::reconnects).sum());
	}

	@Override
	public void close() throws IOException, InterruptedException {
		this.stopping = true;
		this.thread.join(DRAIN / 1_000_000 * 2);
		this.clients.forEach(Client::disconnect);
		this.selector.close();
	}

	/**
	 * What a load came to.
	 *
	 * @param samples every request, in the order of their ends
	 * @param reconnects how many kept connections were closed by the server without harm
	 */
	record Result(List<Sample> samples, int reconnects) {

		long count(Fate fate) {
			return this.samples.stream().filter((sample) -> sample.fate() == fate).count();
		}

	}

}
