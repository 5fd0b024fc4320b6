package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import io.github.gracefulupgrade.test.LoadClient.Request;
import io.github.gracefulupgrade.test.LoadClient.Settings;
import io.github.gracefulupgrade.test.LoadReport.Mark;

/**
 * Clients that send requests until they are stopped, retry nothing, and know of every
 * request what became of it. Each has a thread, so tens of them are fine and thousands
 * are not.
 *
 * <pre class="code">
 * try (Load load = Load.on(instance).keepAlive(8).fresh(4).start()) {
 *     …
 *     load.stop().assertNothingLost();
 * }
 * </pre>
 */
public final class Load implements AutoCloseable {

	/**
	 * The response header by which an application tells which process answered. Without
	 * it a load still sees everything that is lost, but not who served the rest.
	 */
	public static final String PID_HEADER = "X-Pid";

	static final String PID_HEADER_LOWER_CASE = "x-pid";

	private final Recorder recorder = new Recorder();

	private final List<LoadClient> clients = new ArrayList<>();

	private final List<Thread> threads = new ArrayList<>();

	private final Duration timeout;

	private Load(Builder builder) {
		this.timeout = builder.timeout;
		int count = builder.keepAlive + builder.fresh;
		Settings settings = builder.settings(count);
		// Spread over the first interval, so that the clients do not march in step.
		long step = Math.max(settings.interval(), settings.thinkTime()) / count;
		try {
			for (int i = 0; i < count; i++) {
				ConnectionKind kind = (i < builder.keepAlive) ? ConnectionKind.KEEP_ALIVE : ConnectionKind.FRESH;
				LoadClient client = new LoadClient(settings, kind, this.recorder, System.nanoTime() + i * step);
				this.clients.add(client);
				Thread thread = new Thread(client, "load-" + (i + 1) + "-" + kind);
				thread.setDaemon(true);
				this.threads.add(thread);
			}
		}
		catch (IOException ex) {
			this.clients.forEach(LoadClient::abort);
			throw new UncheckedIOException(ex);
		}
		this.threads.forEach(Thread::start);
	}

	/**
	 * Put load on an instance whose port is known, and on whoever serves there after it.
	 * @param instance the instance
	 * @return a builder, to say what load
	 */
	public static Builder on(Instance instance) {
		return on(instance.port());
	}

	/**
	 * Put load on a port of this machine.
	 * @param port the port
	 * @return a builder, to say what load
	 */
	public static Builder on(int port) {
		return new Builder(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
	}

	/**
	 * Put load on any server.
	 * @param address its address
	 * @return a builder, to say what load
	 */
	public static Builder on(InetSocketAddress address) {
		return new Builder(address);
	}

	/**
	 * Write down a moment that the report should refer to, such as a signal.
	 * @param label what happens at this moment
	 */
	public void mark(String label) {
		mark(label, System.nanoTime());
	}

	void mark(String label, long at) {
		this.recorder.add(new Mark(at, label));
	}

	/**
	 * Wait until so many further requests were answered, 60 seconds at most.
	 * @param count how many
	 * @return this load
	 */
	public Load awaitAnswers(int count) {
		return awaitAnswers(count, Instance.PATIENCE);
	}

	/**
	 * Wait until so many further requests were answered.
	 * @param count how many
	 * @param timeout how long at most
	 * @return this load
	 */
	public Load awaitAnswers(int count, Duration timeout) {
		return await(this.recorder.size(), count, Fate::answered, timeout, count + " further answers");
	}

	/**
	 * Wait until a process has answered so many requests since the load began, 60 seconds
	 * at most. The application must send {@link #PID_HEADER}.
	 * @param instance the process
	 * @param count how many
	 * @return this load
	 */
	public Load awaitAnswers(Instance instance, int count) {
		return await(0, count, (fate) -> fate.answered() && fate.pid() == instance.pid(), Instance.PATIENCE,
				count + " answers by pid " + instance.pid());
	}

	/**
	 * Wait until so many connections were refused since the load began, 60 seconds at
	 * most.
	 */
	Load awaitRefused(int count) {
		return await(0, count, (fate) -> fate.outcome() == Outcome.REFUSED, Instance.PATIENCE,
				count + " refused connections");
	}

	private Load await(int from, int count, Predicate<Fate> predicate, Duration timeout, String what) {
		try {
			if (!this.recorder.await(from, count, predicate, timeout)) {
				throw new AssertionError(
						"Waited %s s in vain for %s.%n%s".formatted(timeout.toMillis() / 1e3, what, soFar()));
			}
			return this;
		}
		catch (InterruptedException ex) {
			throw Interrupted.during("the wait for " + what);
		}
	}

	/**
	 * Return what happened until now, while the load goes on.
	 * @return a report on every request that has ended
	 */
	public LoadReport soFar() {
		return this.recorder.report();
	}

	/**
	 * Stop the load. Requests that are under way are waited for: they count, too.
	 * @return a report on every request
	 */
	public LoadReport stop() {
		this.clients.forEach(LoadClient::stop);
		long deadline = System.nanoTime() + this.timeout.plusSeconds(10).toNanos();
		try {
			for (Thread thread : this.threads) {
				thread.join(HttpConnection.millis(deadline - System.nanoTime()));
				if (thread.isAlive()) {
					throw new IllegalStateException(thread.getName() + " does not end");
				}
			}
		}
		catch (InterruptedException ex) {
			throw Interrupted.during("the last requests of a load");
		}
		return this.recorder.report();
	}

	/**
	 * End the load at once. Requests that are under way get no fate.
	 */
	@Override
	public void close() {
		this.clients.forEach(LoadClient::abort);
	}

	/**
	 * Says what load. Without further words: 8 keep-alive connections and 2 clients with
	 * fresh ones, which send 200 requests for {@code /} in a second between them.
	 */
	public static final class Builder {

		private final InetSocketAddress address;

		private List<String> paths = List.of("/");

		private final StringBuilder headers = new StringBuilder();

		private int keepAlive = 8;

		private int fresh = 2;

		private double rate = 200;

		private Duration thinkTime = Duration.ZERO;

		private Duration timeout = Duration.ofSeconds(10);

		private int badStatus = 400;

		private Builder(InetSocketAddress address) {
			this.address = address;
		}

		/**
		 * Set what to request.
		 * @param paths paths with their queries; each client requests them in turn
		 * @return this builder
		 */
		public Builder paths(String... paths) {
			this.paths = List.of(paths);
			return this;
		}

		/**
		 * Add a header to each request.
		 * @param name the header's name
		 * @param value the header's value
		 * @return this builder
		 */
		public Builder header(String name, String value) {
			this.headers.append(name).append(": ").append(value).append("\r\n");
			return this;
		}

		/**
		 * Set the number of clients that keep their connection.
		 * @param connections how many
		 * @return this builder
		 */
		public Builder keepAlive(int connections) {
			this.keepAlive = connections;
			return this;
		}

		/**
		 * Set the number of clients that open a new connection for each request.
		 * @param clients how many
		 * @return this builder
		 */
		public Builder fresh(int clients) {
			this.fresh = clients;
			return this;
		}

		/**
		 * Set the rate of requests. It is lower when the server does not keep up: a
		 * client sends one request at a time.
		 * @param perSecond requests per second, of all clients together
		 * @return this builder
		 */
		public Builder rate(double perSecond) {
			this.rate = perSecond;
			return this;
		}

		/**
		 * Set how long each client pauses between a response and its next request,
		 * instead of keeping to a rate.
		 * @param thinkTime the pause; zero for as many requests as it can
		 * @return this builder
		 */
		public Builder thinkTime(Duration thinkTime) {
			this.rate = 0;
			this.thinkTime = thinkTime;
			return this;
		}

		/**
		 * Set how long a request may take, the connect included. 10 seconds unless set.
		 * @param timeout the time
		 * @return this builder
		 */
		public Builder timeout(Duration timeout) {
			this.timeout = timeout;
			return this;
		}

		/**
		 * Take every whole response for a good answer, also those with a status of 400
		 * and more.
		 * @return this builder
		 */
		public Builder anyStatus() {
			this.badStatus = 1000;
			return this;
		}

		/**
		 * Start the load.
		 * @return the running load
		 */
		public Load start() {
			if (this.keepAlive + this.fresh < 1 || this.keepAlive < 0 || this.fresh < 0) {
				throw new IllegalArgumentException("A load needs clients");
			}
			return new Load(this);
		}

		private Settings settings(int clients) {
			String name = this.address.getHostString();
			String host = ((name.indexOf(':') < 0) ? name : "[" + name + "]") + ":" + this.address.getPort();
			List<Request> requests = this.paths.stream()
				.map((path) -> new Request(path,
						"GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n%s\r\n".formatted(path, host, this.headers)
							.getBytes(StandardCharsets.ISO_8859_1)))
				.toList();
			long interval = (this.rate > 0) ? (long) (clients / this.rate * TimeUnit.SECONDS.toNanos(1)) : -1;
			return new Settings(this.address, requests, interval, this.thinkTime.toNanos(), this.timeout.toNanos(),
					this.badStatus);
		}

	}

}
