package io.github.gracefulupgrade.benchmark;

import java.io.IOException;

/**
 * How many requests a second an instance can answer as they come. That is fewer than it
 * answers when every client always waits for an answer: an event loop that is behind
 * finds many requests whenever it looks, and one that is not is woken for each.
 */
final class Capacity {

	/** By then the compiler has done what it can beside such a load. */
	static final int HEAT_SECONDS = 20;

	private static final int SECONDS = 5;

	/** What is older than that has queued. */
	private static final double KEPT_UP_MILLIS = 50;

	private static final double LOWEST = 500;

	/** A sixteenth of the rate is as exact as it has to be. */
	private static final int HALVINGS = 3;

	private final int port;

	private final int keepAlive;

	private final int fresh;

	private Capacity(int port, int keepAlive, int fresh) {
		this.port = port;
		this.keepAlive = keepAlive;
		this.fresh = fresh;
	}

	/**
	 * Find out, in a minute or two. The load takes its share of the processors for that.
	 * @param port where to
	 * @param keepAlive clients that keep their connection
	 * @param fresh clients that open a connection for each request
	 * @return the highest rate, in requests per second, that was kept up with
	 */
	static double of(int port, int keepAlive, int fresh) throws IOException, InterruptedException {
		return new Capacity(port, keepAlive, fresh).find();
	}

	private double find() throws IOException, InterruptedException {
		Load.saturate(this.port, this.keepAlive, this.fresh, HEAT_SECONDS);
		double high = LOWEST;
		while (keepsUp(high)) {
			high *= 2;
		}
		double low = high / 2;
		for (int i = 0; i < HALVINGS; i++) {
			double middle = (low + high) / 2;
			if (keepsUp(middle)) {
				low = middle;
			}
			else {
				high = middle;
			}
		}
		return low;
	}

	/** Tried twice, since something else may have had the processors. */
	private boolean keepsUp(double rate) throws IOException, InterruptedException {
		return keepsUpOnce(rate) || keepsUpOnce(rate);
	}

	private boolean keepsUpOnce(double rate) throws IOException, InterruptedException {
		try (Load load = Load.open(this.port, this.keepAlive, this.fresh, rate)) {
			Thread.sleep(SECONDS * 1000L);
			return Latencies.of(load.stop().samples(), (sample) -> true).millis(99) < KEPT_UP_MILLIS;
		}
	}

}
