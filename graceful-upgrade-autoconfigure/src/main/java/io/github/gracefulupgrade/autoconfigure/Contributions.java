package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.gracefulupgrade.UpgradeContributor;
import io.github.gracefulupgrade.handover.Belongings;
import io.github.gracefulupgrade.handover.Journal;

import org.springframework.util.unit.DataSize;

/**
 * Asks the application's contributors, and gives them what came. Their code runs on
 * threads of its own here: one that hangs is interrupted and left behind.
 */
final class Contributions implements Belongings, AutoCloseable {

	private final Supplier<List<UpgradeContributor>> contributors;

	private final Duration timeout;

	private final DataSize maxSize;

	private final Journal journal;

	private final ThreadPoolExecutor threads = newThreads("graceful-upgrade-state");

	/**
	 * What an incumbent sent and nobody asked for yet. Guarded by this object's monitor.
	 */
	private final List<Item> received = new ArrayList<>();

	/**
	 * Create the contributions of an application.
	 * @param contributors the contributors, asked for late
	 * @param timeout how long all of them together may take to contribute, and each to
	 * receive
	 * @param maxSize how large one state may be
	 * @param journal where a failing contributor is named
	 */
	Contributions(Supplier<List<UpgradeContributor>> contributors, Duration timeout, DataSize maxSize,
			Journal journal) {
		this.contributors = contributors;
		this.timeout = timeout;
		this.maxSize = maxSize;
		this.journal = journal;
	}

	/**
	 * As many threads as there is work, of which one stays.
	 */
	private static ThreadPoolExecutor newThreads(String name) {
		return new ThreadPoolExecutor(1, Integer.MAX_VALUE, 1, TimeUnit.MINUTES, new SynchronousQueue<>(), (task) -> {
			Thread thread = new Thread(task, name);
			thread.setDaemon(true);
			return thread;
		});
	}

	/**
	 * Be ready to deliver: find the contributors, and have a thread.
	 */
	void prepare() {
		try {
			if (!this.contributors.get().isEmpty()) {
				this.threads.prestartCoreThread();
			}
		}
		catch (RuntimeException ex) {
			// That matters if there is something to deliver, and is told then.
		}
	}

	@Override
	public void gather(Consumer<List<Item>> done) {
		this.threads.execute(() -> {
			List<Item> items = new ArrayList<>();
			try {
				long deadline = System.nanoTime() + this.timeout.toNanos();
				// All at once: one that hangs takes no time from the others.
				List<Asked> asked = this.contributors.get().stream().map(this::ask).toList();
				for (Asked contributor : asked) {
					List<Item> more = answer(contributor, deadline - System.nanoTime());
					if (items.size() + more.size() > MAX_ITEMS) {
						warn(name(contributor.contributor()), "contributes too many things");
						continue;
					}
					items.addAll(more);
				}
			}
			catch (RuntimeException ex) {
				this.journal.warn("The application's contributors could not be asked: " + ex);
			}
			finally {
				done.accept(items);
			}
		});
	}

	private Asked ask(UpgradeContributor contributor) {
		Collected collected = new Collected(this.maxSize);
		return new Asked(contributor, collected, this.threads.submit(() -> {
			String name = Collected.checked(contributor.getName());
			contributor.contribute(collected);
			return name;
		}));
	}

	private List<Item> answer(Asked asked, long nanos) {
		try {
			return asked.collected().items(asked.name().get(Math.max(0, nanos), TimeUnit.NANOSECONDS));
		}
		catch (TimeoutException ex) {
			asked.name().cancel(true);
			warn(name(asked.contributor()), "did not contribute within " + this.timeout + " (pingora.state.timeout)");
		}
		catch (ExecutionException ex) {
			warn(name(asked.contributor()), "could not contribute: " + ex.getCause());
		}
		catch (InterruptedException ex) {
			asked.name().cancel(true);
			Thread.currentThread().interrupt();
		}
		return List.of();
	}

	/**
	 * The name of a contributor that has failed, and may fail at this, too.
	 */
	private static String name(UpgradeContributor contributor) {
		try {
			return contributor.getName();
		}
		catch (RuntimeException ex) {
			return contributor.getClass().getName();
		}
	}

	private void warn(String contributor, String what) {
		this.journal.warn("UpgradeContributor '%s' %s; the upgrade goes on without it".formatted(contributor, what));
	}

	@Override
	public long maxStateBytes() {
		return this.maxSize.toBytes();
	}

	@Override
	public synchronized void receive(List<Item> items) {
		this.received.addAll(items);
	}

	/**
	 * Give the contributors what came, one after the other. Called on the main thread,
	 * before the web servers start.
	 */
	void deliver() {
		List<Item> items;
		synchronized (this) {
			items = List.copyOf(this.received);
			this.received.clear();
		}
		if (items.isEmpty()) {
			return;
		}
		try {
			for (UpgradeContributor contributor : this.contributors.get()) {
				deliver(contributor, items);
			}
		}
		finally {
			discard(items);
		}
	}

	private void deliver(UpgradeContributor contributor, List<Item> items) {
		Future<?> delivered = this.threads.submit(() -> {
			String name = contributor.getName();
			List<Item> own = items.stream().filter((item) -> item.contributor().equals(name)).toList();
			if (!own.isEmpty()) {
				contributor.receive(new Received(own));
			}
			return null;
		});
		try {
			delivered.get(this.timeout.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException ex) {
			delivered.cancel(true);
			warn(name(contributor), "did not receive what its predecessor contributed within " + this.timeout
					+ " (pingora.state.timeout)");
		}
		catch (ExecutionException ex) {
			warn(name(contributor), "could not receive what its predecessor contributed: " + ex.getCause());
		}
		catch (InterruptedException ex) {
			delivered.cancel(true);
			Thread.currentThread().interrupt();
		}
	}

	private static void discard(List<Item> items) {
		for (Item item : items) {
			if (item instanceof Open open) {
				open.descriptor().close();
			}
		}
	}

	@Override
	public void close() {
		this.threads.shutdownNow();
		synchronized (this) {
			discard(this.received);
			this.received.clear();
		}
	}

	/**
	 * A contributor that is at work.
	 *
	 * @param contributor the contributor
	 * @param collected takes what it contributes
	 * @param name its name, when it is done
	 */
	private record Asked(UpgradeContributor contributor, Collected collected, Future<String> name) {
	}

}
