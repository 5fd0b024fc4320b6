package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The ports of an instance that serves. What one of them throws is written to the log and
 * goes no further: a running instance is worth more than any step of an upgrade. Errors
 * are contained, too, since a class may be missing when it is first used, in a process
 * whose jar was replaced by that of the new version.
 */
final class ContainedPorts {

	private final Ports ports;

	private final long pid;

	/**
	 * What failed the last time: what is tried every few milliseconds is told once.
	 */
	private final Set<String> failing = new HashSet<>();

	private ContainedPorts(Ports ports, long pid) {
		this.ports = ports;
		this.pid = pid;
	}

	static Ports of(Ports ports, long pid) {
		ContainedPorts contained = new ContainedPorts(ports, pid);
		return new Ports(ports.control(), contained.new ContainedLock(), contained.new ContainedSocket(),
				contained.new ContainedListeners(), contained.new ContainedConnections(),
				contained.new ContainedBackground(), contained.new ContainedBelongings(),
				contained.new ContainedPidFile(), contained.new ContainedExit(), ports.journal(),
				new ContainedSpawner(contained, ports.spawner()));
	}

	boolean run(String what, Runnable call) {
		return get(what, () -> {
			call.run();
			return true;
		}, false);
	}

	<T> T get(String what, Supplier<T> call, T otherwise) {
		try {
			T result = call.get();
			this.failing.remove(what);
			return result;
		}
		catch (RuntimeException | Error ex) {
			if (this.failing.add(what)) {
				this.ports.journal().warn("pid=%d could not %s, and goes on: %s".formatted(this.pid, what, ex));
			}
			return otherwise;
		}
	}

	private final class ContainedLock implements OwnershipLock {

		private final OwnershipLock lock = ContainedPorts.this.ports.lock();

		@Override
		public boolean tryAcquire() {
			return get("try the ownership lock", this.lock::tryAcquire, false);
		}

		@Override
		public void release() {
			run("release the ownership lock", this.lock::release);
		}

		@Override
		public OptionalLong holder() {
			return get("see who holds the ownership lock", this.lock::holder, OptionalLong.empty());
		}

	}

	private final class ContainedSocket implements UpgradeSocket {

		private final UpgradeSocket socket = ContainedPorts.this.ports.socket();

		@Override
		public void check() {
			this.socket.check();
		}

		@Override
		public boolean answers() {
			return get("look at the upgrade socket", this.socket::answers, false);
		}

		@Override
		public boolean replaced() {
			return get("look at the upgrade socket", this.socket::replaced, false);
		}

		@Override
		public void restore() {
			run("put its upgrade socket back (so it cannot be upgraded)", this.socket::restore);
		}

		@Override
		public void prepareToPublish() {
			run("prepare the upgrade socket", this.socket::prepareToPublish);
		}

		@Override
		public void publish() {
			run("open the upgrade socket (so it cannot be upgraded)", this.socket::publish);
		}

		@Override
		public void retire() {
			run("close the upgrade socket", this.socket::retire);
		}

		@Override
		public Peer connect() {
			return this.socket.connect();
		}

	}

	private final class ContainedListeners implements Listeners {

		private final Listeners listeners = ContainedPorts.this.ports.listeners();

		@Override
		public List<Message.Listener> current() {
			return get("look at its listeners", this.listeners::current, List.of());
		}

		@Override
		public void inherit(List<Message.Listener> offered) {
			this.listeners.inherit(offered);
		}

		@Override
		public void rehearse(List<Message.Listener> incumbents) {
			this.listeners.rehearse(incumbents);
		}

		@Override
		public List<String> settle() {
			return this.listeners.settle();
		}

		@Override
		public Set<String> movable() {
			return get("look at its listeners", this.listeners::movable, Set.of());
		}

		@Override
		public void open() {
			run("accept", this.listeners::open);
		}

		@Override
		public void acceptMore(Duration over) {
			run("accept", () -> this.listeners.acceptMore(over));
		}

		@Override
		public void acceptLess(Collection<String> names, Duration over) {
			run("accept less and less", () -> this.listeners.acceptLess(names, over));
		}

		@Override
		public void acceptAll() {
			run("accept all the time", this.listeners::acceptAll);
		}

		@Override
		public void pause(Collection<String> names) {
			run("stop accepting", () -> this.listeners.pause(names));
		}

		@Override
		public void resume() {
			run("accept again", this.listeners::resume);
		}

		@Override
		public void discard() {
			run("close the listeners that it did not take", this.listeners::discard);
		}

	}

	private final class ContainedConnections implements Connections {

		private final Connections connections = ContainedPorts.this.ports.connections();

		@Override
		public void drain(Plan plan, Consumer<Drained> done) {
			if (!run("drain", () -> this.connections.drain(plan, done))) {
				// What is in flight keeps its time, although nobody watches it.
				ContainedPorts.this.ports.control().after(plan.grace(), () -> done.accept(Drained.NOTHING));
			}
		}

		@Override
		public void stopHandingOver() {
			run("end the handover of connections", this.connections::stopHandingOver);
		}

		@Override
		public boolean adopt(Established connection) {
			return closedUnless(get("serve a connection", () -> this.connections.adopt(connection), false), connection);
		}

		@Override
		public boolean takeBack(Established connection) {
			return closedUnless(get("serve a connection", () -> this.connections.takeBack(connection), false),
					connection);
		}

		private static boolean closedUnless(boolean served, Established connection) {
			if (!served) {
				connection.descriptor().close();
			}
			return served;
		}

		@Override
		public int room() {
			return get("count its descriptors", this.connections::room, 0);
		}

		@Override
		public void cancelDrain() {
			run("end its drain", this.connections::cancelDrain);
		}

		@Override
		public Progress progress() {
			return get("count its connections", this.connections::progress, new Progress(0, 0, Drained.NOTHING));
		}

	}

	private final class ContainedBackground implements Background {

		private final Background background = ContainedPorts.this.ports.background();

		@Override
		public void stop(Runnable done) {
			if (!run("stop its background work", () -> this.background.stop(done))) {
				done.run();
			}
		}

		@Override
		public void start() {
			run("start its background work again", this.background::start);
		}

	}

	private final class ContainedBelongings implements Belongings {

		private final Belongings belongings = ContainedPorts.this.ports.belongings();

		@Override
		public void gather(Consumer<List<Item>> done) {
			if (!run("ask the application what it hands over", () -> this.belongings.gather(done))) {
				done.accept(List.of());
			}
		}

		@Override
		public long maxStateBytes() {
			return this.belongings.maxStateBytes();
		}

		@Override
		public void receive(List<Item> items) {
			this.belongings.receive(items);
		}

	}

	private final class ContainedPidFile implements PidFile {

		private final PidFile pidFile = ContainedPorts.this.ports.pidFile();

		@Override
		public void write() {
			run("write its pid file", this.pidFile::write);
		}

		@Override
		public void remove() {
			run("remove its pid file", this.pidFile::remove);
		}

	}

	private final class ContainedExit implements Exit {

		private final Exit exit = ContainedPorts.this.ports.exit();

		@Override
		public void prepare() {
			run("prepare its exit", this.exit::prepare);
		}

		@Override
		public void cancel() {
			run("stay", this.exit::cancel);
		}

		@Override
		public void leave() {
			run("exit", this.exit::leave);
		}

		@Override
		public void abort(UpgradeException failure) {
			run("exit", () -> this.exit.abort(failure));
		}

	}

}
