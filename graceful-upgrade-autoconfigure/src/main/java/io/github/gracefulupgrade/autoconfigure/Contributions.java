package io.github.gracefulupgrade.autoconfigure;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.gracefulupgrade.UpgradeContributor;
import io.github.gracefulupgrade.handover.Belongings;
import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Journal;
import org.jspecify.annotations.Nullable;

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

	private final ExecutorService gathering = newThread("graceful-upgrade-state");

	/**
	 * What an incumbent sent and nobody asked for yet. Guarded by this object's monitor.
	 */
	private final List<Item> received = new ArrayList<>();

	/**
	 * Create the contributions of an application.
	 * @param contributors the contributors, asked for late
	 * @param timeout how long all of them together may take
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

	private static ExecutorService newThread(String name) {
		return Executors.newCachedThreadPool((task) -> {
			Thread thread = new Thread(task, name);
			thread.setDaemon(true);
			return thread;
		});
	}

	@Override
	public void gather(Consumer<List<Item>> done) {
		this.gathering.execute(() -> {
			List<Item> items = new ArrayList<>();
			try {
				long deadline = System.nanoTime() + this.timeout.toNanos();
				for (UpgradeContributor contributor : this.contributors.get()) {
					items.addAll(ask(contributor, deadline - System.nanoTime()));
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

	private List<Item> ask(UpgradeContributor contributor, long nanos) {
		String name = contributor.getClass().getName();
		Collected collected = new Collected(this.maxSize);
		Future<?> asked = this.gathering.submit(() -> {
			contributor.contribute(collected);
			return null;
		});
		try {
			name = contributor.getName();
			asked.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
			return collected.items(name);
		}
		catch (TimeoutException ex) {
			asked.cancel(true);
			warn(name, "did not contribute within " + this.timeout + " (pingora.state.timeout)");
		}
		catch (ExecutionException ex) {
			warn(name, "could not contribute: " + ex.getCause());
		}
		catch (RuntimeException ex) {
			asked.cancel(true);
			warn(name, "could not contribute: " + ex);
		}
		catch (InterruptedException ex) {
			asked.cancel(true);
			Thread.currentThread().interrupt();
		}
		return List.of();
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
	 * Give the contributors what came. Called on the main thread, before the web servers
	 * start.
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
		String name = contributor.getClass().getName();
		try {
			String wanted = contributor.getName();
			name = wanted;
			List<Item> own = items.stream().filter((item) -> item.contributor().equals(wanted)).toList();
			if (!own.isEmpty()) {
				contributor.receive(new Received(own));
			}
		}
		catch (Exception ex) {
			warn(name, "could not receive what its predecessor contributed: " + ex);
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
		this.gathering.shutdownNow();
		synchronized (this) {
			discard(this.received);
			this.received.clear();
		}
	}

	/**
	 * What one contributor contributes. Used by the thread that it runs on, and read when
	 * that is done.
	 */
	private static final class Collected implements UpgradeContributor.Contribution {

		private final DataSize maxSize;

		private final Map<String, ByteArrayOutputStream> states = new LinkedHashMap<>();

		private final Map<String, Integer> descriptors = new LinkedHashMap<>();

		Collected(DataSize maxSize) {
			this.maxSize = maxSize;
		}

		@Override
		public OutputStream state(String name) {
			BoundedOutput output = new BoundedOutput(name, this.maxSize);
			if (this.states.putIfAbsent(name, output) != null) {
				throw new IllegalArgumentException("State '" + name + "' was contributed before");
			}
			return output;
		}

		@Override
		public void descriptor(String name, int descriptor) {
			if (descriptor < 0 || this.descriptors.putIfAbsent(name, descriptor) != null) {
				throw new IllegalArgumentException(
						"Descriptor '" + name + "' is " + descriptor + ", or was contributed before");
			}
		}

		List<Item> items(String contributor) {
			List<Item> items = new ArrayList<>();
			this.states.forEach((name, bytes) -> items.add(new State(contributor, name, bytes.toByteArray())));
			this.descriptors
				.forEach((name, number) -> items.add(new Open(contributor, name, Descriptor.borrowed(number))));
			return items;
		}

	}

	/**
	 * Refuses more than it may have.
	 */
	private static final class BoundedOutput extends ByteArrayOutputStream {

		private final String name;

		private final DataSize maxSize;

		BoundedOutput(String name, DataSize maxSize) {
			this.name = name;
			this.maxSize = maxSize;
		}

		@Override
		public synchronized void write(int b) {
			check(1);
			super.write(b);
		}

		@Override
		public synchronized void write(byte[] bytes, int offset, int length) {
			check(length);
			super.write(bytes, offset, length);
		}

		private void check(int more) {
			if (size() + (long) more > this.maxSize.toBytes()) {
				throw new IllegalStateException(
						"state '%s' is larger than %s (pingora.state.max-size)".formatted(this.name, this.maxSize));
			}
		}

	}

	/**
	 * What one contributor receives.
	 */
	private static final class Received implements UpgradeContributor.Inheritance {

		private final List<Item> items;

		Received(List<Item> items) {
			this.items = items;
		}

		@Override
		public Optional<InputStream> state(String name) {
			return this.items.stream()
				.filter((item) -> item instanceof State && item.name().equals(name))
				.findFirst()
				.map((item) -> new ByteArrayInputStream(((State) item).bytes()));
		}

		@Override
		public OptionalInt descriptor(String name) {
			Open open = find(name);
			if (open == null) {
				return OptionalInt.empty();
			}
			try {
				return OptionalInt.of(open.descriptor().release());
			}
			catch (IllegalStateException ex) {
				return OptionalInt.empty(); // taken before
			}
		}

		private @Nullable Open find(String name) {
			for (Item item : this.items) {
				if (item instanceof Open open && open.name().equals(name)) {
					return open;
				}
			}
			return null;
		}

	}

}
