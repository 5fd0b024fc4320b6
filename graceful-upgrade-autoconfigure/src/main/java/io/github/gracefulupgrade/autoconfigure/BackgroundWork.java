package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.gracefulupgrade.handover.Background;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.Phased;
import org.springframework.context.SmartLifecycle;

/**
 * The application's schedulers and consumers: lifecycle beans in phases above the web
 * server's, and scheduled tasks. They stop in Spring's own order, the highest phase
 * first, and start again in the opposite one.
 * <p>
 * Works on a thread of its own, since what it stops is code of the application's that may
 * take its time. All state is that thread's, but that anybody may ask whether it stops
 * something, and how far it has come.
 */
final class BackgroundWork implements Background, AutoCloseable {

	private static final Log logger = LogFactory.getLog(BackgroundWork.class);

	private final ConfigurableListableBeanFactory beanFactory;

	private final Duration timeoutPerPhase;

	private final ScheduledTasks scheduledTasks;

	private final List<Lifecycle> stopped = new ArrayList<>();

	/** Who stops something now. */
	private volatile @Nullable Thread stopping;

	/** The phase that is being stopped. */
	private volatile int stoppingPhase;

	private final ExecutorService thread = Executors.newSingleThreadExecutor((task) -> {
		Thread thread = new Thread(task, "graceful-upgrade-background");
		thread.setDaemon(true);
		return thread;
	});

	/**
	 * Create the handle on an application's background work.
	 * @param beanFactory the application's beans
	 * @param timeoutPerPhase how long beans of one phase may take to stop
	 */
	BackgroundWork(ConfigurableListableBeanFactory beanFactory, Duration timeoutPerPhase) {
		this.beanFactory = beanFactory;
		this.timeoutPerPhase = timeoutPerPhase;
		this.scheduledTasks = new ScheduledTasks(beanFactory);
	}

	@Override
	public void stop(Runnable done) {
		this.thread.execute(() -> {
			this.stopping = Thread.currentThread();
			try {
				this.scheduledTasks.cancel();
				stopLifecycles();
			}
			catch (RuntimeException ex) {
				logger.warn("Background work did not stop as it should", ex);
			}
			finally {
				this.stopping = null;
				done.run();
			}
		});
	}

	/**
	 * Whether it was told to stop, and has not yet. May be called from any thread.
	 */
	boolean isStopping() {
		return this.stopping != null;
	}

	/**
	 * How far it has come with that: the lifecycle phase. May be called from any thread.
	 */
	int stoppingPhase() {
		return this.stoppingPhase;
	}

	/**
	 * What keeps it from stopping, for the log. May be called from any thread.
	 */
	Exception whereItIs() {
		Exception here = new Exception("A lifecycle bean does not stop");
		Thread thread = this.stopping;
		here.setStackTrace((thread != null) ? thread.getStackTrace() : new StackTraceElement[0]);
		return here;
	}

	@Override
	public void start() {
		this.thread.execute(() -> {
			List<Lifecycle> beans = new ArrayList<>(this.stopped);
			this.stopped.clear();
			beans.sort(Comparator.comparingInt(BackgroundWork::phase));
			beans.forEach(BackgroundWork::start);
			this.scheduledTasks.scheduleAgain();
		});
	}

	private void stopLifecycles() {
		List<Lifecycle> running = singletons(this.beanFactory, Lifecycle.class)
			.filter((bean) -> isBackground(bean) && bean.isRunning())
			.sorted(Comparator.comparingInt(BackgroundWork::phase).reversed())
			.toList();
		for (int i = 0; i < running.size();) {
			int phase = phase(running.get(i));
			List<Lifecycle> beans = new ArrayList<>();
			while (i < running.size() && phase(running.get(i)) == phase) {
				beans.add(running.get(i++));
			}
			stopPhase(phase, beans);
		}
	}

	/**
	 * The beans of a type that exist, which is all that can be at work. To ask for their
	 * names by type would ask every definition for its type: a successor waits for this,
	 * and in the process that it replaces the compiler would still be busy with that half
	 * a second later.
	 * @param beanFactory the beans
	 * @param type a type, which a factory of beans may have, too, as Quartz's does
	 * @return the beans
	 */
	static <T> Stream<T> singletons(ConfigurableListableBeanFactory beanFactory, Class<T> type) {
		return Arrays.stream(beanFactory.getSingletonNames())
			// Not one that is being created.
			.filter(beanFactory::containsSingleton)
			.map(beanFactory::getSingleton)
			.filter(type::isInstance)
			.map(type::cast);
	}

	private void stopPhase(int phase, List<Lifecycle> beans) {
		this.stoppingPhase = phase;
		this.stopped.addAll(beans);
		CountDownLatch latch = new CountDownLatch(beans.size());
		for (Lifecycle bean : beans) {
			try {
				if (bean instanceof SmartLifecycle smart) {
					smart.stop(latch::countDown);
				}
				else {
					bean.stop();
					latch.countDown();
				}
			}
			catch (RuntimeException ex) {
				logger.warn("Failed to stop " + bean, ex);
				latch.countDown();
			}
		}
		try {
			if (!latch.await(this.timeoutPerPhase.toMillis(), TimeUnit.MILLISECONDS)) {
				logger.warn("Beans of lifecycle phase " + phase + " did not stop within " + this.timeoutPerPhase);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void start(Lifecycle bean) {
		try {
			bean.start();
		}
		catch (RuntimeException ex) {
			logger.warn("Failed to start " + bean + " again", ex);
		}
	}

	/**
	 * Boot's own lifecycle beans in these phases are servers: they drain, and are no
	 * background work. So are the gates of this starter.
	 */
	private static boolean isBackground(Lifecycle bean) {
		String type = bean.getClass().getName();
		return phase(bean) > WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE
				&& !type.startsWith("org.springframework.boot.") && !(bean instanceof UpgradeGate);
	}

	private static int phase(Lifecycle bean) {
		return (bean instanceof Phased phased) ? phased.getPhase() : 0;
	}

	@Override
	public void close() {
		this.thread.shutdown();
	}

}
