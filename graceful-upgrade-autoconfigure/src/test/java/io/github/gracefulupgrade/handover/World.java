package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A machine on which instances of one application run: without processes, threads, I/O
 * and time of the real kind. It keeps what the kernel would keep (the clock, the
 * ownership lock, the path of the upgrade socket, connections, descriptors) and lets one
 * thing happen at a time.
 * <p>
 * Whatever could happen next is a {@link Step}, and {@link Scheduler} alone decides which
 * of them does: the default takes the first, so that a test is deterministic, and time
 * passes only when nothing else can happen.
 */
final class World {

	static final String PATH = "/run/app/upgrade.sock";

	static final String TIME_PASSES = "time passes";

	final List<Instance> instances = new ArrayList<>();

	final List<Connection.End> ends = new ArrayList<>();

	final List<HeldDescriptor> descriptors = new ArrayList<>();

	/**
	 * Who keeps a connection to this service.
	 */
	final List<Client> clients = new ArrayList<>();

	/**
	 * What stands at the path of the upgrade socket.
	 */
	@Nullable Door path;

	/**
	 * Who holds the ownership lock.
	 */
	@Nullable Party lockHolder;

	/**
	 * What the last holder noted in the lock's file.
	 */
	OptionalLong lockNote = OptionalLong.empty();

	/**
	 * What the pid file says, or {@code -1} if there is none.
	 */
	long pidFile = -1;

	private final Scheduler scheduler;

	private final List<Job> jobs = new ArrayList<>();

	private Duration now = Duration.ofDays(1);

	private long nextPid = 100;

	private long nextJob;

	private int nextDescriptor = 10;

	World() {
		this((steps) -> steps.get(0));
	}

	World(Scheduler scheduler) {
		this.scheduler = scheduler;
	}

	// --- instances

	Instance instance(Mode mode) {
		Instance instance = new Instance(this, this.nextPid++, mode);
		this.instances.add(instance);
		return instance;
	}

	/**
	 * An instance that was started and has come as far as it can by itself.
	 */
	Instance start(Mode mode) {
		Instance instance = instance(mode).begin();
		settle();
		return instance;
	}

	/**
	 * An incumbent that serves.
	 */
	Instance incumbent() {
		Instance incumbent = start(Mode.COLD);
		assertThat(incumbent.phase()).isEqualTo(Phase.SERVING);
		return incumbent;
	}

	/**
	 * A successor that is built and waits for its incumbent.
	 */
	Instance waitingSuccessor() {
		Instance successor = start(Mode.SUCCESSOR);
		assertThat(successor.phase()).isEqualTo(Phase.WAITING);
		return successor;
	}

	long newPid() {
		return this.nextPid++;
	}

	// --- what happens next

	/**
	 * Let everything happen that needs no time.
	 */
	void settle() {
		pass(Duration.ZERO);
	}

	/**
	 * Let time pass, and everything happen that does meanwhile.
	 */
	void pass(Duration duration) {
		Duration end = this.now.plus(duration);
		for (List<Step> steps = steps(end); !steps.isEmpty(); steps = steps(end)) {
			this.scheduler.choose(steps).action().run();
			check();
		}
		this.now = end;
	}

	/**
	 * What could happen next, until a moment.
	 */
	List<Step> steps(Duration end) {
		List<Step> steps = new ArrayList<>();
		this.instances.stream().filter(Instance::runs).forEach((instance) -> instance.steps(steps));
		this.ends.forEach((connection) -> connection.steps(steps));
		List<Job> next = this.jobs.stream().filter(Job::canRun).sorted(Job.ORDER).toList();
		next.stream()
			.filter((job) -> job.due.compareTo(this.now) <= 0)
			.forEach((job) -> steps.add(new Step(job.name, () -> run(job))));
		next.stream()
			.map((job) -> job.due)
			.filter((due) -> due.compareTo(this.now) > 0 && due.compareTo(end) <= 0)
			.findFirst()
			.ifPresent((due) -> steps.add(new Step(TIME_PASSES, () -> this.now = due)));
		return steps;
	}

	private void run(Job job) {
		this.jobs.remove(job);
		job.action.run();
	}

	Duration now() {
		return this.now;
	}

	/**
	 * Have something happen later.
	 * @param party whose it is: does not happen while that one is stopped, nor when it is
	 * dead
	 */
	Job after(Duration delay, String name, @Nullable Party party, Runnable action) {
		Job job = new Job(this.now.plus(delay), this.nextJob++, name, party, action);
		this.jobs.add(job);
		return job;
	}

	void cancel(Job job) {
		this.jobs.remove(job);
	}

	int jobsOf(Party party, String name) {
		return (int) this.jobs.stream().filter((job) -> job.party == party && job.name.equals(name)).count();
	}

	// --- what the kernel keeps

	boolean answers() {
		Door door = this.path;
		return door != null && door.open && door.owner.alive();
	}

	/**
	 * Connect to whoever answers at the path.
	 * @return the connecting end
	 */
	Connection.End connect(Party client) {
		return Connection.open(this, client, Objects.requireNonNull(this.path));
	}

	/**
	 * A process ends, in whatever way: the kernel closes all that it had open.
	 * @param lockLingers how long after the connections the lock is freed
	 */
	void closeAllOf(Party party, Duration lockLingers) {
		this.jobs.removeIf((job) -> job.party == party);
		this.ends.stream().filter((end) -> end.party == party).toList().forEach(Connection.End::closedByKernel);
		this.descriptors.stream().filter((held) -> held.owner == party).forEach((held) -> held.gone = true);
		if (this.lockHolder == party) {
			if (lockLingers.isZero()) {
				this.lockHolder = null;
			}
			else {
				after(lockLingers, "the kernel frees the lock", null, () -> this.lockHolder = null);
			}
		}
	}

	/**
	 * Keep what one process says to another on its way, or let it arrive.
	 */
	void delay(Party from, Party to, boolean delayed) {
		this.ends.stream().filter((end) -> end.party == to && end.other.party == from).forEach((end) -> {
			end.delayed = delayed;
		});
	}

	/**
	 * Let everything arrive that is on its way.
	 */
	void deliver() {
		this.ends.forEach((end) -> end.delayed = false);
		settle();
	}

	/**
	 * Break a connection whose two ends live. What is on its way gets lost.
	 */
	void breakConnection(Party one, Party other) {
		this.ends.stream()
			.filter((end) -> end.party == one && end.other.party == other)
			.toList()
			.forEach(Connection.End::broken);
	}

	/**
	 * A descriptor that arrives in a process.
	 */
	Descriptor arrive(Party owner, String listener) {
		int number = this.nextDescriptor++;
		HeldDescriptor held = new HeldDescriptor(owner, listener, number);
		this.descriptors.add(held);
		return new Descriptor(number, (closed) -> held.closed++);
	}

	/**
	 * A web server takes a descriptor that arrived.
	 */
	void adopted(int number) {
		this.descriptors.stream().filter((held) -> held.number == number).forEach((held) -> held.adopted = true);
	}

	/**
	 * The client of this name.
	 */
	@Nullable Client client(String name) {
		return this.clients.stream().filter((client) -> client.name.equals(name)).findFirst().orElse(null);
	}

	/**
	 * A client opens a connection to an instance, and keeps it.
	 */
	Client client(Instance instance, Duration busy) {
		Client client = new Client("client " + (this.clients.size() + 1));
		this.clients.add(client);
		instance.connections.serves(client, busy);
		return client;
	}

	/**
	 * Whether any process has a listening socket of this name open.
	 */
	boolean isBound(String listener) {
		return this.instances.stream().anyMatch((instance) -> instance.alive() && instance.isBoundTo(listener))
				|| this.descriptors.stream().anyMatch((held) -> held.isOpen() && held.listener.equals(listener))
				|| this.ends.stream().anyMatch((end) -> end.carries(listener));
	}

	/**
	 * Add all that matters to what can happen next.
	 */
	void mix(Fingerprint state) {
		this.instances.forEach((instance) -> instance.mix(state));
		this.ends.forEach((end) -> end.mix(state));
		this.jobs.stream()
			.sorted(Job.ORDER)
			.forEach((job) -> state.add(job.name).add(job.party).add(job.due.compareTo(this.now) <= 0));
		state.add(this.lockHolder).add(answers()).add((this.path != null) ? this.path.owner : null).add(this.pidFile);
		this.descriptors.forEach((held) -> state.add(held.owner).add(held.listener).add(held.closed).add(held.adopted));
		this.clients.forEach((client) -> state.add(client.end));
	}

	/**
	 * When something will happen that has to wait for its time, each moment once.
	 */
	List<Duration> moments() {
		return this.jobs.stream()
			.filter(Job::canRun)
			.map((job) -> job.due)
			.filter((due) -> due.compareTo(this.now) > 0)
			.sorted()
			.distinct()
			.toList();
	}

	/**
	 * Nothing happens until a moment, whatever could.
	 */
	void jumpTo(Duration moment) {
		this.now = moment;
	}

	// --- what must always be true

	void check() {
		for (Instance instance : this.instances) {
			if (!instance.alive()) {
				continue;
			}
			if (instance.accepts() && this.lockHolder != instance && !instance.acceptsWithoutLock()) {
				fail("%s accepts only if it owns the listeners, or still does by design", instance);
			}
			if (jobsOf(instance, Instance.TIMER) > 4 + instance.peers()) {
				fail("timers of %s: %s", instance, jobsOf(instance, Instance.TIMER));
			}
			if (instance.hasServed() && !instance.closes()) {
				for (String listener : instance.configured) {
					if (!isBound(listener)) {
						fail("listener %s is open somewhere", listener);
					}
				}
			}
		}
		for (HeldDescriptor held : this.descriptors) {
			if (held.closed + (held.adopted ? 1 : 0) > 1) {
				fail("no descriptor is closed twice, nor closed under a web server: %s", held);
			}
		}
		for (Client client : this.clients) {
			if (this.instances.stream().filter((instance) -> instance.alive() && instance.serves(client)).count() > 1) {
				fail("%s is served by one instance, not by two", client);
			}
		}
	}

	private static void fail(String what, Object... arguments) {
		throw new AssertionError(what.formatted(arguments));
	}

	/**
	 * Whatever happened is over: one owner is left, and nothing hangs in the air.
	 * @param owner the one instance that serves, or {@code null} if none does
	 */
	void endsWith(@Nullable Instance owner) {
		pass(Duration.ofMinutes(10));
		for (Instance instance : this.instances) {
			if (instance.alive() && !instance.isStopped()) {
				assertThat(instance.futures).as("futures of %s", instance)
					.allSatisfy((future) -> assertThat(future).isDone());
				assertThat(this.descriptors.stream().filter((held) -> held.owner == instance && !held.adopted))
					.as("descriptors that came to %s and no web server took", instance)
					.allSatisfy((held) -> assertThat(held.closed).isEqualTo(1));
			}
		}
		assertThat(this.instances.stream().filter((instance) -> instance.alive() && instance.accepts()).toList())
			.as("who accepts")
			.isEqualTo((owner != null) ? List.of(owner) : List.of());
		if (owner != null) {
			assertThat(owner.phase()).isEqualTo(Phase.SERVING);
			assertThat(this.lockHolder).as("who holds the lock").isEqualTo(owner);
			assertThat(this.answers() && this.path != null && this.path.owner == owner).as("%s is at the path", owner)
				.isTrue();
			assertThat(this.pidFile).as("the pid file").isEqualTo(owner.pid());
			assertThat(owner.backgroundRuns()).as("background work of %s", owner).isTrue();
		}
		this.instances.stream()
			.filter((instance) -> instance.alive() && instance != owner)
			.forEach((instance) -> assertThat(instance.backgroundRuns()).as("background work of %s", instance)
				.isFalse());
	}

	/**
	 * A new version comes, is handed over to, and the owner leaves.
	 * @return the new owner
	 */
	Instance isUpgraded(Instance owner) {
		Instance successor = waitingSuccessor();
		owner.handover.signalled();
		pass(Duration.ofMinutes(2));
		assertThat(owner.exitCode()).as("exit code of %s", owner).isEqualTo(0);
		endsWith(successor);
		return successor;
	}

	/**
	 * Decides what happens next.
	 */
	@FunctionalInterface
	interface Scheduler {

		/**
		 * Choose one of the steps that are possible.
		 * @param steps the steps, in an order that depends on nothing but what happened
		 * before; never empty
		 */
		Step choose(List<Step> steps);

	}

	/**
	 * Something that could happen next.
	 */
	record Step(String name, Runnable action) {

		@Override
		public String toString() {
			return this.name;
		}

	}

	/**
	 * A process, as the kernel sees it.
	 */
	interface Party extends Peer.Events {

		/**
		 * Whether it is there. A process that is stopped is.
		 */
		boolean alive();

		/**
		 * Whether its threads run.
		 */
		boolean runs();

	}

	/**
	 * Who keeps a connection, and what became of that.
	 */
	static final class Client {

		final String name;

		/**
		 * How its connection ended, or {@code null} if it has not.
		 */
		@Nullable String end;

		Client(String name) {
			this.name = name;
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

	/**
	 * A socket that listens for peers.
	 */
	static final class Door {

		final Party owner;

		boolean open = true;

		Door(Party owner) {
			this.owner = owner;
		}

	}

	/**
	 * A descriptor that came with a message.
	 */
	static final class HeldDescriptor {

		final Party owner;

		final String listener;

		final int number;

		int closed;

		boolean adopted;

		boolean gone;

		HeldDescriptor(Party owner, String listener, int number) {
			this.owner = owner;
			this.listener = listener;
			this.number = number;
		}

		boolean isOpen() {
			return !this.gone && !this.adopted && this.closed == 0;
		}

		@Override
		public String toString() {
			return "%s in %s".formatted(this.listener, this.owner);
		}

	}

	/**
	 * Something that happens at its time.
	 */
	static final class Job {

		static final Comparator<Job> ORDER = Comparator.<Job, Duration>comparing((job) -> job.due)
			.thenComparing((job) -> job.number);

		final Duration due;

		final long number;

		final String name;

		final @Nullable Party party;

		final Runnable action;

		Job(Duration due, long number, String name, @Nullable Party party, Runnable action) {
			this.due = due;
			this.number = number;
			this.name = name;
			this.party = party;
			this.action = action;
		}

		boolean canRun() {
			return this.party == null || this.party.runs();
		}

	}

}
