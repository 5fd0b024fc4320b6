package io.github.gracefulupgrade.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.scheduling.config.CronTask;
import org.springframework.scheduling.config.FixedDelayTask;
import org.springframework.scheduling.config.FixedRateTask;
import org.springframework.scheduling.config.OneTimeTask;
import org.springframework.scheduling.config.ScheduledTask;
import org.springframework.scheduling.config.ScheduledTaskHolder;
import org.springframework.scheduling.config.ScheduledTaskRegistrar;
import org.springframework.scheduling.config.Task;
import org.springframework.scheduling.config.TaskSchedulerRouter;
import org.springframework.scheduling.config.TriggerTask;

/**
 * The tasks of {@code @Scheduled} methods and of {@code SchedulingConfigurer}s. A
 * cancelled task cannot be revived, so the same tasks are scheduled anew, by the same
 * rules by which Spring finds a scheduler for them.
 * <p>
 * All state is the thread's that {@link BackgroundWork} works on.
 */
final class ScheduledTasks {

	private final ConfigurableListableBeanFactory beanFactory;

	private final List<Task> cancelled = new ArrayList<>();

	/**
	 * Tasks that were scheduled anew, if any were.
	 */
	private final List<ScheduledTask> again = new ArrayList<>();

	private boolean once;

	ScheduledTasks(ConfigurableListableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	/**
	 * Cancel all tasks. What runs now is not interrupted.
	 */
	void cancel() {
		List<ScheduledTask> tasks = new ArrayList<>(this.again);
		this.again.clear();
		if (!this.once) {
			this.once = true;
			BackgroundWork.singletons(this.beanFactory, ScheduledTaskHolder.class)
				.forEach((holder) -> tasks.addAll(holder.getScheduledTasks()));
		}
		for (ScheduledTask task : tasks) {
			task.cancel(false);
			if (!(task.getTask() instanceof OneTimeTask)) {
				this.cancelled.add(task.getTask());
			}
		}
	}

	/**
	 * Schedule again what was cancelled.
	 */
	void scheduleAgain() {
		if (this.cancelled.isEmpty()) {
			return;
		}
		TaskSchedulerRouter router = new TaskSchedulerRouter();
		router.setBeanName("gracefulUpgradeScheduler");
		router.setBeanFactory(this.beanFactory);
		ScheduledTaskRegistrar registrar = new ScheduledTaskRegistrar();
		registrar.setTaskScheduler(router);
		for (Task task : this.cancelled) {
			ScheduledTask scheduled = schedule(registrar, task);
			if (scheduled != null) {
				this.again.add(scheduled);
			}
		}
		this.cancelled.clear();
	}

	private static @Nullable ScheduledTask schedule(ScheduledTaskRegistrar registrar, Task task) {
		if (task instanceof CronTask cron) {
			return registrar.scheduleCronTask(cron);
		}
		if (task instanceof FixedRateTask fixedRate) {
			return registrar.scheduleFixedRateTask(fixedRate);
		}
		if (task instanceof FixedDelayTask fixedDelay) {
			return registrar.scheduleFixedDelayTask(fixedDelay);
		}
		if (task instanceof TriggerTask trigger) {
			return registrar.scheduleTriggerTask(trigger);
		}
		return null;
	}

}
