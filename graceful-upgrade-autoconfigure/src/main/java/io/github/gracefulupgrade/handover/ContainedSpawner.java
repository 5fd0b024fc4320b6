package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * A {@link Spawner} that does not throw, see {@link ContainedPorts}.
 */
final class ContainedSpawner implements Spawner {

	private final ContainedPorts ports;

	private final Spawner spawner;

	ContainedSpawner(ContainedPorts ports, Spawner spawner) {
		this.ports = ports;
		this.spawner = spawner;
	}

	@Override
	public boolean isEnabled() {
		return this.ports.get("see whether it may start a successor", this.spawner::isEnabled, false);
	}

	@Override
	public Duration timeout() {
		return this.spawner.timeout();
	}

	@Override
	public Child start(Watcher watcher) {
		try {
			return new ContainedChild(this.spawner.start(watcher));
		}
		catch (RuntimeException | Error ex) {
			watcher.over("could not be started: " + ex);
			return new NoChild();
		}
	}

	/**
	 * Was never started.
	 */
	private static final class NoChild implements Child {

		@Override
		public OptionalLong pid() {
			return OptionalLong.empty();
		}

		@Override
		public boolean includes(long pid) {
			return false;
		}

		@Override
		public List<String> output() {
			return List.of();
		}

		@Override
		public List<Belongings.Item> streams() {
			return List.of();
		}

		@Override
		public void terminate() {
		}

		@Override
		public void kill() {
		}

		@Override
		public void letGo() {
		}

	}

	/**
	 * A child whose methods do not throw.
	 */
	private final class ContainedChild implements Child {

		private final Child child;

		ContainedChild(Child child) {
			this.child = child;
		}

		@Override
		public OptionalLong pid() {
			return this.child.pid();
		}

		@Override
		public boolean includes(long pid) {
			return get("look at its child", () -> this.child.includes(pid), false);
		}

		@Override
		public List<String> output() {
			return get("read the output of its child", this.child::output, List.of());
		}

		@Override
		public List<Belongings.Item> streams() {
			return get("give its child its output", this.child::streams, List.of());
		}

		@Override
		public void terminate() {
			run("end its child", this.child::terminate);
		}

		@Override
		public void kill() {
			run("kill its child", this.child::kill);
		}

		@Override
		public void letGo() {
			run("let its child go", this.child::letGo);
		}

		private <T> T get(String what, Supplier<T> call, T otherwise) {
			return ContainedSpawner.this.ports.get(what, call, otherwise);
		}

		private void run(String what, Runnable call) {
			ContainedSpawner.this.ports.run(what, call);
		}

	}

}
