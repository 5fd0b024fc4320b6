package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.beans.factory.FactoryBean;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link BackgroundWork}.
 */
@Timeout(60)
class BackgroundWorkTests {

	private static final int WEB_SERVER = WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE;

	@Test
	void whatStartsAfterTheWebServersStopsInTheOppositeOrderAndStartsAgain() throws Exception {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(Consumers.class);
				BackgroundWork work = new BackgroundWork(context.getBeanFactory(), Duration.ofSeconds(10))) {
			List<String> log = context.getBean(Consumers.class).log;
			log.clear();
			stop(work);
			assertThat(log).containsExactly("stop late", "stop early");
			log.clear();
			work.start();
			await().untilAsserted(() -> assertThat(log).containsExactly("start early", "start late"));
		}
	}

	/**
	 * As Quartz's scheduler is one.
	 */
	@Test
	void aFactoryThatIsALifecycleItselfStopsToo() throws Exception {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(Factory.class);
				BackgroundWork work = new BackgroundWork(context.getBeanFactory(), Duration.ofSeconds(10))) {
			SchedulerFactory factory = context.getBean(SchedulerFactory.class);
			assertThat(factory.isRunning()).isTrue();
			stop(work);
			assertThat(factory.isRunning()).isFalse();
			work.start();
			await().untilAsserted(() -> assertThat(factory.isRunning()).isTrue());
		}
	}

	@Test
	void aConsumerThatThrowsOrHangsHoldsUpTheOthersOnlySoLong() throws Exception {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(Rude.class);
				BackgroundWork work = new BackgroundWork(context.getBeanFactory(), Duration.ofMillis(100))) {
			long start = System.nanoTime();
			stop(work);
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(100),
					Duration.ofSeconds(5));
			assertThat(context.getBean("polite", Recorder.class).isRunning()).isFalse();
		}
	}

	@Test
	void scheduledTasksStopAndGoOnAsOftenAsTheSwitchIsTakenBack() throws Exception {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(Scheduler.class);
				BackgroundWork work = new BackgroundWork(context.getBeanFactory(), Duration.ofSeconds(10))) {
			Scheduler scheduler = context.getBean(Scheduler.class);
			for (int i = 0; i < 3; i++) {
				awaitRuns(scheduler);
				stop(work);
				int fixedRate = scheduler.fixedRate.get();
				int fixedDelay = scheduler.fixedDelay.get();
				// One that ran when it was cancelled may have finished; none begins.
				await().during(Duration.ofMillis(200))
					.untilAsserted(() -> assertThat(scheduler.fixedRate.get()).isLessThanOrEqualTo(fixedRate + 1));
				assertThat(scheduler.fixedDelay.get()).isLessThanOrEqualTo(fixedDelay + 1);
				work.start();
			}
			awaitRuns(scheduler);
		}
	}

	private static void awaitRuns(Scheduler scheduler) {
		int fixedRate = scheduler.fixedRate.get();
		int fixedDelay = scheduler.fixedDelay.get();
		await().untilAsserted(() -> {
			assertThat(scheduler.fixedRate.get()).isGreaterThan(fixedRate + 2);
			assertThat(scheduler.fixedDelay.get()).isGreaterThan(fixedDelay + 2);
		});
	}

	private static void stop(BackgroundWork work) throws InterruptedException {
		CountDownLatch done = new CountDownLatch(1);
		work.stop(done::countDown);
		assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
	}

	@Configuration(proxyBeanMethods = false)
	static class Consumers {

		private final List<String> log = new CopyOnWriteArrayList<>();

		@Bean
		Recorder late() {
			return new Recorder("late", SmartLifecycle.DEFAULT_PHASE, this.log);
		}

		@Bean
		Recorder early() {
			return new Recorder("early", SmartLifecycle.DEFAULT_PHASE - 100, this.log);
		}

		@Bean
		Recorder webServer() {
			return new Recorder("web server", WEB_SERVER, this.log);
		}

		@Bean
		Recorder pool() {
			return new Recorder("pool", 0, this.log);
		}

		@Bean
		UpgradeGate gate() {
			return new UpgradeGate(SmartLifecycle.DEFAULT_PHASE) {

				@Override
				void pass() {
					Consumers.this.log.add("start gate");
				}

				@Override
				void leave() {
					Consumers.this.log.add("stop gate");
				}

			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Factory {

		@Bean
		SchedulerFactory scheduler() {
			return new SchedulerFactory();
		}

	}

	static class SchedulerFactory extends Recorder implements FactoryBean<String> {

		SchedulerFactory() {
			super("scheduler", SmartLifecycle.DEFAULT_PHASE, new CopyOnWriteArrayList<>());
		}

		@Override
		public String getObject() {
			return "the scheduler";
		}

		@Override
		public Class<?> getObjectType() {
			return String.class;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Rude {

		@Bean
		Recorder throwing() {
			return new Recorder("throwing", SmartLifecycle.DEFAULT_PHASE, new CopyOnWriteArrayList<>()) {

				@Override
				public void stop() {
					super.stop();
					throw new IllegalStateException("no");
				}

			};
		}

		@Bean
		Recorder hanging() {
			return new Recorder("hanging", SmartLifecycle.DEFAULT_PHASE, new CopyOnWriteArrayList<>()) {

				@Override
				public void stop(Runnable callback) {
					// Never calls back.
					stop();
				}

			};
		}

		@Bean
		Recorder polite() {
			return new Recorder("polite", SmartLifecycle.DEFAULT_PHASE - 1, new CopyOnWriteArrayList<>());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableScheduling
	static class Scheduler {

		private final AtomicInteger fixedRate = new AtomicInteger();

		private final AtomicInteger fixedDelay = new AtomicInteger();

		@Scheduled(fixedRate = 5)
		void atFixedRate() {
			this.fixedRate.incrementAndGet();
		}

		@Scheduled(fixedDelay = 5)
		void withFixedDelay() {
			this.fixedDelay.incrementAndGet();
		}

	}

	static class Recorder implements SmartLifecycle {

		private final String name;

		private final int phase;

		private final List<String> log;

		private volatile boolean running;

		Recorder(String name, int phase, List<String> log) {
			this.name = name;
			this.phase = phase;
			this.log = log;
		}

		@Override
		public void start() {
			this.log.add("start " + this.name);
			this.running = true;
		}

		@Override
		public void stop() {
			this.log.add("stop " + this.name);
			this.running = false;
		}

		@Override
		public boolean isRunning() {
			return this.running;
		}

		@Override
		public int getPhase() {
			return this.phase;
		}

	}

}
