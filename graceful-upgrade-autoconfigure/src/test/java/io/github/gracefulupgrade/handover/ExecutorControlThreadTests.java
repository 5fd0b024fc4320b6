package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(30)
class ExecutorControlThreadTests {

	private final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());

	private final ExecutorControlThread control = new ExecutorControlThread(this.failures::add);

	@AfterEach
	void close() {
		this.control.close();
	}

	@Test
	void tasksRunInOrderOnOneDaemonThread() {
		List<Integer> order = new ArrayList<>();
		List<Thread> threads = new ArrayList<>();
		IntStream.range(0, 1000).forEach((i) -> this.control.execute(() -> {
			order.add(i);
			threads.add(Thread.currentThread());
		}));
		untilIdle();
		assertThat(order).isEqualTo(IntStream.range(0, 1000).boxed().toList());
		assertThat(threads.stream().distinct()).singleElement()
			.satisfies((thread) -> assertThat(thread.isDaemon()).isTrue());
	}

	@Test
	void timerRunsAtItsTime() {
		CompletableFuture<Duration> ran = new CompletableFuture<>();
		Duration start = this.control.now();
		this.control.after(Duration.ofMillis(30), () -> ran.complete(this.control.now()));
		assertThat(ran.join().minus(start)).isGreaterThanOrEqualTo(Duration.ofMillis(30));
	}

	@Test
	void timersRunInTheOrderOfTheirTimes() {
		List<String> order = new ArrayList<>();
		CountDownLatch done = new CountDownLatch(2);
		this.control.execute(() -> {
			this.control.after(Duration.ofMillis(40), () -> {
				order.add("later");
				done.countDown();
			});
			this.control.after(Duration.ofMillis(10), () -> {
				order.add("sooner");
				done.countDown();
			});
		});
		await(done);
		assertThat(order).containsExactly("sooner", "later");
	}

	@Test
	void timerThatIsCancelledOnTheControlThreadDoesNotRunEvenIfItIsDue() {
		List<String> ran = new ArrayList<>();
		CountDownLatch due = new CountDownLatch(1);
		this.control.execute(() -> {
			ControlThread.Timer timer = this.control.after(Duration.ofMillis(1), () -> ran.add("timer"));
			// Due before the task that is given next, and waits behind this one.
			Duration end = this.control.now().plusMillis(20);
			while (this.control.now().compareTo(end) < 0) {
				Thread.onSpinWait();
			}
			timer.cancel();
			timer.cancel();
			this.control.execute(due::countDown);
		});
		await(due);
		untilIdle();
		assertThat(ran).isEmpty();
	}

	@Test
	void taskThatThrowsEndsOnlyItself() {
		this.control.execute(() -> {
			throw new IllegalStateException("expected");
		});
		this.control.after(Duration.ZERO, () -> {
			throw new NoClassDefFoundError("expected, too");
		});
		CountDownLatch done = new CountDownLatch(1);
		this.control.after(Duration.ofMillis(10), done::countDown);
		await(done);
		assertThat(this.failures).extracting(Throwable::getMessage).containsExactly("expected", "expected, too");
	}

	@Test
	void whatWasGivenBeforeTheCloseRunsToItsEnd() {
		List<String> ran = new ArrayList<>();
		CountDownLatch closed = new CountDownLatch(1);
		CountDownLatch done = new CountDownLatch(1);
		this.control.execute(() -> {
			await(closed);
			ran.add("first");
		});
		this.control.execute(() -> ran.add("second"));
		this.control.execute(done::countDown);
		this.control.close();
		closed.countDown();
		await(done);
		assertThat(ran).containsExactly("first", "second");
	}

	@Test
	void timersEndWithTheClose() throws InterruptedException {
		List<String> ran = new ArrayList<>();
		Thread thread = thread();
		ControlThread.Timer before = this.control.after(Duration.ofMinutes(1), () -> ran.add("before"));
		this.control.close();
		ControlThread.Timer after = this.control.after(Duration.ZERO, () -> ran.add("after"));
		thread.join();
		before.cancel();
		after.cancel();
		assertThat(ran).isEmpty();
	}

	@Test
	void taskThatComesAfterTheCloseIsTurnedAway() throws InterruptedException {
		Thread thread = thread();
		this.control.close();
		assertThat(this.control.execute(() -> this.failures.add(new AssertionError()))).isFalse();
		thread.join();
		assertThat(this.failures).isEmpty();
	}

	@Test
	void whoeverAsksAfterTheCloseIsAnswered() {
		Instance instance = new World().instance(Mode.COLD);
		Handover handover = instance.handover(this.control);
		this.control.close();
		assertThat(handover.requested().join().outcome()).isEqualTo(Attempt.Outcome.REFUSED);
		assertThat(handover.closing()).isCompleted();
		assertThat(handover.released()).isCompleted();
		assertThatExceptionOfType(UpgradeException.class).isThrownBy(() -> handover.prepare(Mode.COLD));
	}

	@Test
	void mainThreadWaitsForTheControlThreadAndHearsItsFailures() throws Exception {
		Instance instance = new World().instance(Mode.COLD);
		Handover handover = instance.handover(this.control);
		instance.broken.add("path");
		assertThatExceptionOfType(UpgradeSocketException.class).isThrownBy(() -> handover.prepare(Mode.COLD));
		assertThat(handover.snapshot().phase()).isEqualTo(Phase.STOPPING);
	}

	@Test
	void mainThreadThatIsInterruptedDoesNotWaitOn() {
		Instance instance = new World().instance(Mode.SUCCESSOR);
		Handover handover = instance.handover(this.control);
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> handover.prepare(Mode.SUCCESSOR));
	}

	private Thread thread() {
		CompletableFuture<Thread> thread = new CompletableFuture<>();
		assertThat(this.control.execute(() -> thread.complete(Thread.currentThread()))).isTrue();
		return thread.join();
	}

	private void untilIdle() {
		CountDownLatch done = new CountDownLatch(1);
		this.control.execute(done::countDown);
		await(done);
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
