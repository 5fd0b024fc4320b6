package io.github.gracefulupgrade.it.testbed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Fails, waits or dawdles wherever an application can while it starts:
 * {@code testbed.fail=<place>} throws there, {@code testbed.hold.<place>=<file>} waits
 * there until the file exists, {@code testbed.sleep.<place>=<duration>} takes that long.
 * Each says so in the log before.
 */
@Component
class Trouble {

	private static final Log logger = LogFactory.getLog(Trouble.class);

	private final Environment environment;

	Trouble(Environment environment) {
		this.environment = environment;
		at(Place.CONTEXT);
	}

	void at(Place place) {
		if (place.key.equals(this.environment.getProperty("testbed.fail"))) {
			logger.info("Told to fail in: " + place.key);
			throw new IllegalStateException("Told to fail in: " + place.key);
		}
		Duration sleep = this.environment.getProperty("testbed.sleep." + place.key, Duration.class);
		if (sleep != null) {
			logger.info("Told to sleep in: " + place.key);
			sleep(sleep);
		}
		String file = this.environment.getProperty("testbed.hold." + place.key);
		if (file != null) {
			logger.info("Told to hold in: " + place.key);
			hold(Path.of(file));
		}
	}

	/**
	 * Waits as application code mostly does, without a timeout, so that a shutdown can
	 * interrupt it.
	 */
	private static void hold(Path file) {
		CountDownLatch latch = new CountDownLatch(1);
		Thread watcher = new Thread(() -> {
			while (!Files.exists(file)) {
				sleep(Duration.ofMillis(20));
			}
			latch.countDown();
		});
		watcher.setDaemon(true);
		watcher.start();
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException("Interrupted while told to hold", ex);
		}
	}

	private static void sleep(Duration duration) {
		try {
			Thread.sleep(duration.toMillis());
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Where an application can fail to start.
	 */
	enum Place {

		/** The constructor of a bean. */
		CONTEXT,

		/**
		 * Between the web servers and what works on its own: a successor has the
		 * listeners then, and has not said that it is ready.
		 */
		WEB_SERVERS,

		/** The start of a lifecycle bean. */
		CONSUMER,

		/** An application runner. */
		RUNNER,

		/** A listener of the event that the application is ready. */
		READY_LISTENER,

		/** A listener of the event that the application accepts traffic. */
		READINESS_LISTENER;

		private final String key = name().toLowerCase(Locale.ROOT).replace('_', '-');

	}

	/**
	 * Starts after the web servers, and before the second gate.
	 */
	@Component
	static class AfterWebServers implements SmartLifecycle {

		private final Trouble trouble;

		private volatile boolean running;

		AfterWebServers(Trouble trouble) {
			this.trouble = trouble;
		}

		@Override
		public void start() {
			this.trouble.at(Place.WEB_SERVERS);
			this.running = true;
		}

		@Override
		public void stop() {
			this.running = false;
		}

		@Override
		public boolean isRunning() {
			return this.running;
		}

		@Override
		public int getPhase() {
			return WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE + 1;
		}

	}

	/**
	 * What comes after the context.
	 */
	@Component
	static class Late implements ApplicationRunner {

		private final Trouble trouble;

		Late(Trouble trouble) {
			this.trouble = trouble;
		}

		@Override
		public void run(ApplicationArguments args) {
			this.trouble.at(Place.RUNNER);
		}

		@EventListener
		void ready(ApplicationReadyEvent event) {
			this.trouble.at(Place.READY_LISTENER);
		}

		@EventListener
		void readiness(AvailabilityChangeEvent<ReadinessState> event) {
			if (event.getState() == ReadinessState.ACCEPTING_TRAFFIC) {
				this.trouble.at(Place.READINESS_LISTENER);
			}
		}

	}

}
