package io.github.gracefulupgrade.systemd;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.gracefulupgrade.handover.Phase;
import io.github.gracefulupgrade.handover.Snapshot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ServiceManager} and {@link Watchdog}.
 */
class ServiceManagerTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private final BlockingQueue<String> sent = new LinkedBlockingQueue<>();

	private final BlockingQueue<String> warnings = new LinkedBlockingQueue<>();

	private final AtomicBoolean alive = new AtomicBoolean(true);

	private ServiceManager manager;

	@AfterEach
	void close() {
		if (this.manager != null) {
			this.manager.close();
		}
	}

	@Test
	void withoutANotifySocketThereIsNobodyToTell() {
		assertThat(ServiceManager.in(Map.of("WATCHDOG_USEC", "1000"), 17, this::record, this.alive::get,
				this.warnings::add))
			.isEmpty();
		assertThat(
				ServiceManager.in(Map.of("NOTIFY_SOCKET", ""), 17, this::record, this.alive::get, this.warnings::add))
			.isEmpty();
	}

	@Test
	void whatHappensIsSentToTheNotifySocket() throws InterruptedException {
		start(Map.of("NOTIFY_SOCKET", "@x"), this::record);
		this.manager.changed(snapshot(Phase.SERVING, 0));
		assertThat(next()).isEqualTo("@x READY=1\nSTATUS=Serving.");
		this.manager.changed(snapshot(Phase.STOPPING, 0));
		this.manager.close();
		assertThat(next()).startsWith("@x STOPPING=1\n");
	}

	@Test
	void anInstanceThatCannotBeUpgradedIsReadyToo() throws InterruptedException {
		start(Map.of("NOTIFY_SOCKET", "/x", "WATCHDOG_USEC", "60000000"), this::record);
		this.manager.readyWithoutUpgrades();
		assertThat(next()).startsWith("/x READY=1\nSTATUS=Serving.");
		assertThat(next()).isEqualTo("/x WATCHDOG=1");
	}

	@Test
	void aSocketThatPointsNowhereIsWarnedOfOnce() throws InterruptedException {
		start(Map.of("NOTIFY_SOCKET", "/nowhere"), (address, text) -> {
			this.sent.add(text);
			throw new IOException("No such file or directory");
		});
		this.manager.changed(snapshot(Phase.SERVING, 0));
		next();
		this.manager.changed(snapshot(Phase.HANDING_OVER, 0));
		next();
		assertThat(this.warnings.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).contains("NOTIFY_SOCKET=/nowhere",
				"No such file or directory");
		this.manager.changed(snapshot(Phase.SERVING, 0));
		next();
		assertThat(this.warnings).isEmpty();
	}

	@Test
	void theWatchdogIsToldWhileThisIsTheMainProcessAndAlive() throws InterruptedException {
		start(Map.of("NOTIFY_SOCKET", "/x", "WATCHDOG_USEC", "20000", "WATCHDOG_PID", "17"), this::record);
		this.manager.changed(snapshot(Phase.SERVING, 0));
		assertThat(next()).startsWith("/x READY=1");
		assertThat(next()).isEqualTo("/x WATCHDOG=1");
		assertThat(next()).isEqualTo("/x WATCHDOG=1");
		this.alive.set(false);
		awaitSilence();
		this.alive.set(true);
		assertThat(next()).isEqualTo("/x WATCHDOG=1");
		this.manager.changed(snapshot(Phase.CLOSING, 0));
		awaitSilence();
	}

	@Test
	void theWatchdogOutlivesAnApplicationThatCannotBeAsked() throws InterruptedException {
		AtomicInteger asked = new AtomicInteger();
		this.manager = ServiceManager
			.in(Map.of("NOTIFY_SOCKET", "/x", "WATCHDOG_USEC", "20000", "WATCHDOG_PID", "17"), 17, this::record, () -> {
				if (asked.incrementAndGet() <= 3) {
					throw new IllegalStateException("no such bean");
				}
				return true;
			}, this.warnings::add)
			.orElseThrow();
		this.manager.changed(snapshot(Phase.SERVING, 0));
		assertThat(next()).startsWith("/x READY=1");
		assertThat(next()).isEqualTo("/x WATCHDOG=1");
		assertThat(asked).hasValueGreaterThan(3);
		assertThat(this.warnings).singleElement().asString().contains("no such bean");
	}

	@Test
	void aSuccessorIsWatchedInPlaceOfTheUnitsFirstProcess() {
		Map<String, String> inherited = Map.of("WATCHDOG_USEC", "3000000", "WATCHDOG_PID", "4");
		Watchdog watchdog = Watchdog.in(inherited, 17, this.warnings::add);
		assertThat(watchdog.interval(false)).isEmpty();
		assertThat(watchdog.interval(true)).hasValue(Duration.ofMillis(1500));
		assertThat(Watchdog.in(Map.of(), 17, this.warnings::add).interval(true)).isEmpty();
		assertThat(Watchdog.in(Map.of("WATCHDOG_USEC", "2000"), 17, this.warnings::add).interval(false))
			.hasValue(Duration.ofMillis(1));
		assertThat(this.warnings).isEmpty();
	}

	@Test
	void aWatchdogThatMakesNoSenseIsWarnedOf() {
		for (String timeout : new String[] { "soon", "0", "-1", "99999999999999999999" }) {
			assertThat(Watchdog.in(Map.of("WATCHDOG_USEC", timeout), 17, this.warnings::add).interval(true)).isEmpty();
			assertThat(this.warnings.poll()).contains("WATCHDOG_USEC=" + timeout);
		}
	}

	private void start(Map<String, String> environment, ServiceManager.Datagrams datagrams) {
		this.manager = ServiceManager.in(environment, 17, datagrams, this.alive::get, this.warnings::add).orElseThrow();
	}

	private void record(String address, String text) {
		this.sent.add(address + " " + text);
	}

	private String next() throws InterruptedException {
		return this.sent.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Nothing is sent for ten intervals; what was on its way may still come.
	 */
	private void awaitSilence() throws InterruptedException {
		long end = System.nanoTime() + PATIENCE.toNanos();
		while (this.sent.poll(100, TimeUnit.MILLISECONDS) != null) {
			assertThat(System.nanoTime()).as("it is never silent").isLessThan(end);
		}
	}

	private static Snapshot snapshot(Phase phase, int generation) {
		return ServiceReportTests.snapshot(phase, generation, null, null, null);
	}

}
