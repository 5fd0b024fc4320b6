package io.github.gracefulupgrade.it.testbed;

import java.time.Duration;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * What an application does without being asked: a scheduled task, and a lifecycle bean as
 * the consumer of a message queue is one. Both say in the log that they work.
 */
@Component
class BackgroundWork implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(BackgroundWork.class);

	private static final Duration PERIOD = Duration.ofMillis(100);

	private final Trouble trouble;

	private final Duration stopsWithin;

	private volatile @Nullable Thread consumer;

	BackgroundWork(Trouble trouble, @Value("${testbed.consumer-stops-within:0}") Duration stopsWithin) {
		this.trouble = trouble;
		this.stopsWithin = stopsWithin;
	}

	@Scheduled(fixedRate = 100)
	void task() {
		logger.info("The scheduled task ran");
	}

	@Override
	public void start() {
		this.trouble.at(Trouble.Place.CONSUMER);
		logger.info("The consumer starts");
		Thread thread = new Thread(this::consume, "consumer");
		thread.setDaemon(true);
		this.consumer = thread;
		thread.start();
	}

	private void consume() {
		try {
			while (isRunning()) {
				logger.info("The consumer consumed a message");
				Thread.sleep(PERIOD.toMillis());
			}
		}
		catch (InterruptedException ex) {
			// Stopped.
		}
	}

	/**
	 * As a consumer of messages does that first finishes what it has fetched: blocks.
	 */
	@Override
	public void stop() {
		logger.info("The consumer is asked to stop");
		try {
			Thread.sleep(this.stopsWithin.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		Thread thread = this.consumer;
		this.consumer = null;
		if (thread != null) {
			thread.interrupt();
		}
		logger.info("The consumer stopped");
	}

	@Override
	public boolean isRunning() {
		return this.consumer != null;
	}

}
