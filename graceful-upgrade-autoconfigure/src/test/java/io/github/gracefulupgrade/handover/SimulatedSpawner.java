package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;

import io.github.gracefulupgrade.handover.World.Job;
import org.jspecify.annotations.Nullable;

/**
 * Starts simulated instances as successors, or what a test gives it in their place.
 */
final class SimulatedSpawner implements Spawner {

	static final Duration TIMEOUT = Duration.ofMinutes(2);

	private final Instance parent;

	boolean enabled;

	/**
	 * How a child comes to be: a process that does nothing unless a test says otherwise.
	 */
	Supplier<@Nullable Instance> next = () -> null;

	/**
	 * Whether children end when they are asked to.
	 */
	boolean obedient = true;

	final List<SimulatedChild> children = new ArrayList<>();

	SimulatedSpawner(Instance parent) {
		this.parent = parent;
	}

	@Override
	public boolean isEnabled() {
		return this.enabled;
	}

	@Override
	public Duration timeout() {
		return TIMEOUT;
	}

	@Override
	public Child start(Watcher watcher) {
		this.parent.call("spawner.start");
		SimulatedChild child = new SimulatedChild(watcher);
		this.children.add(child);
		return child;
	}

	SimulatedChild child() {
		return this.children.get(this.children.size() - 1);
	}

	/**
	 * A process, with an instance in it if it is a good one.
	 */
	final class SimulatedChild implements Child {

		final Watcher watcher;

		final @Nullable Instance instance;

		final long pid;

		boolean over;

		boolean terminated;

		boolean killed;

		boolean letGo;

		SimulatedChild(Watcher watcher) {
			this.watcher = watcher;
			this.instance = SimulatedSpawner.this.next.get();
			this.pid = (this.instance != null) ? this.instance.pid() : SimulatedSpawner.this.parent.world.newPid();
			later("child starts", () -> {
				watcher.started(this.pid);
				if (this.instance != null) {
					this.instance.begin();
					watch();
				}
			});
		}

		/**
		 * The parent hears of its child's end a moment after it.
		 */
		private void watch() {
			Instance instance = this.instance;
			if (instance != null) {
				instance.onDeath = () -> later("child ends", () -> ends("exited with code " + instance.exitCode()));
			}
		}

		private Job later(String name, Runnable action) {
			return SimulatedSpawner.this.parent.elsewhere(Duration.ZERO, name, action);
		}

		void ends(String how) {
			if (!this.over) {
				this.over = true;
				this.watcher.over(how);
			}
		}

		boolean isGone() {
			return this.over || this.killed;
		}

		@Override
		public OptionalLong pid() {
			return OptionalLong.of(this.pid);
		}

		@Override
		public boolean includes(long pid) {
			return pid == this.pid;
		}

		@Override
		public List<String> output() {
			return List.of("the last line of pid=" + this.pid);
		}

		@Override
		public List<Belongings.Item> streams() {
			return List.of();
		}

		@Override
		public void terminate() {
			this.terminated = true;
			if (SimulatedSpawner.this.obedient) {
				end(false);
			}
		}

		@Override
		public void kill() {
			this.killed = true;
			end(true);
		}

		private void end(boolean hard) {
			Instance instance = this.instance;
			later("signal", () -> {
				if (instance == null) {
					ends("exited with code 143");
				}
				else if (hard) {
					instance.killed();
				}
				else {
					instance.terminated();
				}
			});
		}

		@Override
		public void letGo() {
			this.letGo = true;
		}

	}

}
