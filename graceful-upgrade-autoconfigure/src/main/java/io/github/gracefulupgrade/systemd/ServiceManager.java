package io.github.gracefulupgrade.systemd;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.Phase;
import io.github.gracefulupgrade.handover.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * Tells the service manager that started this process how it is, by the protocol of
 * {@code sd_notify(3)} and {@code sd_watchdog_enabled(3)}. There is one only where
 * {@code NOTIFY_SOCKET} is set.
 * <p>
 * A datagram may have to wait for room in the manager's queue, so it is sent on a thread
 * of its own, which owns the state; of states that it was too late for, it tells the last
 * one.
 */
public final class ServiceManager implements AutoCloseable {

	private final String address;

	private final Datagrams datagrams;

	private final Consumer<String> warnings;

	private final Watchdog watchdog;

	private final BooleanSupplier alive;

	private final ServiceReport report;

	private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor((task) -> {
		Thread thread = new Thread(task, "graceful-upgrade-systemd");
		thread.setDaemon(true);
		return thread;
	});

	/**
	 * Written by the control thread, read by the own one.
	 */
	private volatile @Nullable Snapshot latest;

	private boolean watched;

	private boolean warned;

	/**
	 * Whether it was told that the application cannot be asked how it is. Owned by the
	 * thread.
	 */
	private boolean blind;

	private ServiceManager(String address, Datagrams datagrams, Watchdog watchdog, long pid, BooleanSupplier alive,
			Consumer<String> warnings) {
		this.address = address;
		this.datagrams = datagrams;
		this.watchdog = watchdog;
		this.alive = alive;
		this.warnings = warnings;
		// On Linux, HotSpot's nanoTime is CLOCK_MONOTONIC.
		this.report = new ServiceReport(pid, () -> System.nanoTime() / 1000);
	}

	/**
	 * The service manager that wants to be told, if there is one.
	 * @param environment the environment of this process
	 * @param pid this process
	 * @param datagrams sends
	 * @param alive whether the watchdog may be told that all is well
	 * @param warnings takes a sentence for the operator
	 * @return the service manager, or nothing if {@code NOTIFY_SOCKET} is not set
	 */
	public static Optional<ServiceManager> in(Map<String, String> environment, long pid, Datagrams datagrams,
			BooleanSupplier alive, Consumer<String> warnings) {
		String address = environment.get("NOTIFY_SOCKET");
		if (address == null || address.isEmpty()) {
			return Optional.empty();
		}
		Watchdog watchdog = Watchdog.in(environment, pid, warnings);
		return Optional.of(new ServiceManager(address, datagrams, watchdog, pid, alive, warnings));
	}

	/**
	 * The state changed. Does not wait. Called on one thread.
	 * @param snapshot the state
	 */
	public void changed(Snapshot snapshot) {
		this.latest = snapshot;
		execute(this::tell);
	}

	/**
	 * The application is ready, but upgrades are not possible here, so nothing else will
	 * be told.
	 */
	public void readyWithoutUpgrades() {
		execute(() -> {
			send("READY=1\nSTATUS=Serving. Graceful upgrades are off, see the log.");
			watch(0, () -> true);
		});
	}

	private void tell() {
		Snapshot now = this.latest;
		if (now == null) {
			return;
		}
		String message = this.report.next(now);
		if (message != null) {
			send(message);
		}
		if (now.phase() == Phase.SERVING) {
			watch(now.generation(), this::isMain);
		}
	}

	/**
	 * Begin to tell the watchdog, if it wants to hear this process.
	 */
	private void watch(int generation, BooleanSupplier main) {
		Optional<Duration> interval = this.watchdog.interval(generation > 0);
		if (this.watched || interval.isEmpty()) {
			return;
		}
		this.watched = true;
		// From the start on: it may be the predecessor's last word that counts.
		this.thread.scheduleAtFixedRate(() -> {
			try {
				if (main.getAsBoolean() && this.alive.getAsBoolean()) {
					send("WATCHDOG=1");
				}
			}
			catch (RuntimeException | Error ex) {
				// This time it is not alive, but it may be the next time. Whatever is
				// thrown from here would be the end of the watchdog.
				if (!this.blind) {
					this.blind = true;
					this.warnings.accept("It is not known whether the application is alive: " + ex);
				}
			}
		}, 0, interval.get().toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Whether this is the unit's main process. One that has handed over must not vouch
	 * for its successor.
	 */
	private boolean isMain() {
		Snapshot now = this.latest;
		return now != null && (now.phase() == Phase.SERVING || now.phase() == Phase.HANDING_OVER);
	}

	private void send(String message) {
		try {
			this.datagrams.send(this.address, message);
		}
		catch (IOException | RuntimeException ex) {
			if (!this.warned) {
				this.warned = true;
				this.warnings.accept("The service manager cannot be told how this process is (NOTIFY_SOCKET=%s): %s"
					.formatted(this.address, ex.getMessage()));
			}
		}
	}

	private void execute(Runnable task) {
		try {
			this.thread.execute(task);
		}
		catch (RejectedExecutionException ex) {
			// The context is closed, and all that matters has been told.
		}
	}

	/**
	 * Send what there still is to send, and nothing more.
	 */
	@Override
	public void close() {
		this.thread.shutdown();
	}

	/**
	 * Sends datagrams to Unix domain sockets.
	 */
	@FunctionalInterface
	public interface Datagrams {

		/**
		 * Send one.
		 * @param address a path, or {@code @} and a name in the abstract namespace
		 * @param text what to send
		 * @throws IOException if nobody receives there
		 */
		void send(String address, String text) throws IOException;

	}

}
