package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.World.Door;
import io.github.gracefulupgrade.handover.World.Job;
import io.github.gracefulupgrade.handover.World.Step;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One instance of the application: the real {@link Handover}, with a simulated process
 * around it. Its main thread, its control thread and the threads of its ports take turns,
 * one step at a time. It can be stopped, resumed and killed.
 */
final class Instance implements World.Party, ControlThread, OwnershipLock, UpgradeSocket, PidFile, Exit, Journal {

	static final String TIMER = "timer";

	static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

	static final Duration TRIGGER_WINDOW = Duration.ofSeconds(60);

	static final Duration READY_TIMEOUT = Duration.ofSeconds(60);

	static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

	static final Duration GRACE_PERIOD = Duration.ofSeconds(30);

	/**
	 * Where the main thread can be held up, or fail.
	 */
	enum Stage {

		/**
		 * The application context is built, up to its web servers.
		 */
		BUILD,

		/**
		 * The web servers start.
		 */
		SERVERS,

		/**
		 * Schedulers, consumers and runners start.
		 */
		REST

	}

	final World world;

	private final long pid;

	private final Mode mode;

	final SimulatedListeners listeners = new SimulatedListeners(this);

	final SimulatedConnections connections = new SimulatedConnections(this);

	final SimulatedBackground background = new SimulatedBackground(this);

	final SimulatedSpawner spawner = new SimulatedSpawner(this);

	final SimulatedBelongings belongings = new SimulatedBelongings();

	/**
	 * What somebody waits for.
	 */
	final List<CompletableFuture<?>> futures = new ArrayList<>();

	final List<String> journal = new ArrayList<>();

	final List<Snapshot> snapshots = new ArrayList<>();

	/**
	 * What was called on the ports.
	 */
	final List<String> calls = new ArrayList<>();

	/**
	 * What throws when it is called.
	 */
	final Set<String> broken = new HashSet<>();

	/**
	 * The names of the servers that the application has.
	 */
	List<String> configured = List.of("http", "management");

	/**
	 * The names of the servers that take established connections.
	 */
	Set<String> movable = Set.of();

	Settings settings;

	Handover handover;

	private Runnable beforeCommit = () -> {
	};

	/**
	 * Whoever started it hears of its end.
	 */
	Runnable onDeath = () -> {
	};

	private final Deque<Runnable> control = new ArrayDeque<>();

	private final List<Waiting> threads = new ArrayList<>();

	/**
	 * Whether it ends at once when it is told to.
	 */
	boolean aborts = true;

	/**
	 * How long the context takes from the begin of its close to the end of its web
	 * servers.
	 */
	private Duration timeToStop = Duration.ZERO;

	private @Nullable Stage held;

	private @Nullable Stage failing;

	private @Nullable Throwable failure;

	private @Nullable Door door;

	private @Nullable Integer exitCode;

	private boolean prepared;

	private boolean serving;

	private boolean closing;

	private boolean left;

	private boolean stopped;

	private boolean dead;

	Instance(World world, long pid, Mode mode) {
		this.world = world;
		this.pid = pid;
		this.mode = mode;
		this.settings = new Settings(World.PATH, "app", pid, CONNECT_TIMEOUT, TRIGGER_WINDOW, READY_TIMEOUT,
				CLOSE_TIMEOUT, GRACE_PERIOD);
		this.handover = handover();
	}

	private Handover handover() {
		return handover(this);
	}

	/**
	 * A handover with this instance's ports.
	 */
	Handover handover(ControlThread control) {
		return new Handover(new Ports(control, this, this, this.listeners, this.connections, this.background,
				this.belongings, this, this, this, this.spawner), this.settings, (snapshot) -> {
					this.snapshots.add(snapshot);
					call("observer");
				});
	}

	// --- what a test does to it

	Instance with(Settings settings) {
		this.settings = settings;
		this.handover = handover();
		return this;
	}

	Instance heldAt(Stage stage) {
		this.held = stage;
		return this;
	}

	Instance failingAt(Stage stage) {
		this.failing = stage;
		return this;
	}

	Instance configured(String... listeners) {
		this.configured = List.of(listeners);
		return this;
	}

	Instance begin() {
		this.listeners.open = (this.mode == Mode.COLD);
		goOn("prepare", this.handover.prepared(this.mode), Stage.BUILD, this::built);
		return this;
	}

	void goesOn() {
		releaseHold();
		this.world.settle();
	}

	void releaseHold() {
		this.held = null;
	}

	void isStopped(boolean stopped) {
		this.stopped = stopped;
	}

	void killed() {
		killed(Duration.ZERO);
	}

	/**
	 * SIGKILL.
	 * @param lockLingers how long after its connections the kernel frees its lock
	 */
	void killed(Duration lockLingers) {
		die(137, lockLingers);
	}

	/**
	 * SIGTERM.
	 */
	void terminated() {
		if (this.serving) {
			close(143);
		}
		else {
			this.threads.clear();
			fail(new InterruptedException(), 143);
		}
	}

	void slowToStop(Duration duration) {
		this.timeToStop = duration;
	}

	/**
	 * What happens in the moment between the release of the lock and COMMIT.
	 */
	void beforeCommit(Runnable action) {
		this.beforeCommit = action;
	}

	CompletableFuture<Attempt> requested() {
		return kept(this.handover.requested());
	}

	// --- the main thread

	private void built() {
		goOn("wait for listeners", this.handover.listenersDecided(), Stage.SERVERS, () -> {
			this.listeners.startServers();
			goOn("wait for ownership", this.handover.owned(), Stage.REST, () -> {
				if (this.mode == Mode.TEST) {
					die(0, Duration.ZERO);
					return;
				}
				this.background.begin();
				goOn("serve", this.handover.serving(), null, () -> this.serving = true);
			});
		});
	}

	private void goOn(String name, CompletableFuture<Void> future, @Nullable Stage stage, Runnable next) {
		this.threads.add(new Waiting(name, kept(future), stage, () -> {
			if (future.isCompletedExceptionally()) {
				future.whenComplete((result, ex) -> fail(ex, 1));
				return;
			}
			try {
				if (stage != null && stage == this.failing) {
					throw new IllegalStateException("the application failed at " + stage);
				}
				next.run();
			}
			catch (RuntimeException | LinkageError ex) {
				fail(ex, 1);
			}
		}));
	}

	private void fail(Throwable failure, int exitCode) {
		this.closing = true;
		this.failure = failure;
		this.background.end();
		this.listeners.close();
		this.handover.abandon("its start failed: " + failure);
		this.control.add(() -> die(exitCode, Duration.ZERO));
	}

	private void close(int exitCode) {
		this.closing = true;
		await("closing", this.handover.closing(), () -> elsewhere(this.timeToStop, "stop", () -> {
			this.background.end();
			this.listeners.close();
			await("released", this.handover.released(),
					() -> this.connections.drain(Connections.Plan.withoutSuccessor(this.settings.gracePeriod()),
							(drained) -> die(exitCode, Duration.ZERO)));
		}));
	}

	private void await(String name, CompletableFuture<?> future, Runnable next) {
		this.threads.add(new Waiting(name, kept(future), null, next));
	}

	private <T> CompletableFuture<T> kept(CompletableFuture<T> future) {
		this.futures.add(future);
		return future;
	}

	private void die(int exitCode, Duration lockLingers) {
		if (this.dead) {
			return;
		}
		this.dead = true;
		this.exitCode = exitCode;
		this.control.clear();
		this.threads.clear();
		this.world.closeAllOf(this, lockLingers);
		this.onDeath.run();
	}

	// --- what happens next

	void steps(List<Step> steps) {
		Runnable task = this.control.peek();
		if (task != null) {
			steps.add(new Step(this + " control", () -> {
				this.control.remove();
				run(task);
			}));
		}
		this.threads.stream()
			.filter(Waiting::isOver)
			.filter((waiting) -> waiting.stage == null || waiting.stage != this.held || waiting.hasFailed())
			.forEach((waiting) -> steps.add(new Step(this + " " + waiting.name, () -> {
				this.threads.remove(waiting);
				waiting.next.run();
			})));
	}

	/**
	 * As {@link ExecutorControlThread} does: a task that throws ends only itself.
	 */
	private void run(Runnable task) {
		try {
			task.run();
		}
		catch (RuntimeException | LinkageError ex) {
			this.journal.add("CONTROL " + ex);
		}
	}

	/**
	 * The stage that the main thread is about to enter.
	 */
	@Nullable Stage nextStage() {
		return this.threads.stream()
			.filter((waiting) -> waiting.isOver() && !waiting.hasFailed() && waiting.stage != null
					&& waiting.stage != this.held)
			.map(Waiting::stage)
			.findFirst()
			.orElse(null);
	}

	void mix(Fingerprint state) {
		state.add(this.dead).add(this.stopped).add(this.held).add(this.failing).add(this.serving).add(this.closing);
		if (this.dead) {
			return;
		}
		state.add(this.control.size())
			.add(accepts())
			.add(acceptsInPart())
			.add(this.background.runs())
			.add(this.door != null);
		this.threads.forEach((waiting) -> state.add(waiting.name).add(waiting.isOver()).add(waiting.hasFailed()));
		this.listeners.bound.forEach(state::add);
		this.world.clients.forEach((client) -> state.add(serves(client)));
		state.addState(this.handover);
	}

	// --- what a test wants to know

	long pid() {
		return this.pid;
	}

	Phase phase() {
		return this.handover.snapshot().phase();
	}

	@Nullable Integer exitCode() {
		return this.exitCode;
	}

	Throwable failure() {
		assertThat(this.failure).as("failure of %s", this).isNotNull();
		return this.failure;
	}

	boolean accepts() {
		return this.listeners.accepts();
	}

	/**
	 * Whether it accepts for a part of the time only.
	 */
	boolean acceptsInPart() {
		return this.listeners.acceptsInPart();
	}

	/**
	 * Whether it accepts for its successor, so to speak, or on its way out.
	 */
	boolean acceptsWithoutLock() {
		return this.broken.contains("listeners.pause") || this.serving
				&& (phase() == Phase.HANDING_OVER || phase() == Phase.CLOSING || phase() == Phase.STOPPING);
	}

	boolean serves(World.Client client) {
		return this.connections.clients.containsKey(client);
	}

	boolean backgroundRuns() {
		return this.background.runs();
	}

	boolean isBoundTo(String listener) {
		return this.listeners.bound.contains(listener);
	}

	boolean hasServed() {
		return this.serving;
	}

	/**
	 * Whether it has handed over, drained, and exits for that reason.
	 */
	boolean hasLeft() {
		return this.left;
	}

	boolean closes() {
		return this.closing;
	}

	boolean isStopped() {
		return this.stopped;
	}

	/**
	 * How many peers it may have to be patient with: those that are connected, and those
	 * that its control thread has not heard the end of.
	 */
	int peers() {
		return (int) this.world.ends.stream().filter((end) -> end.party == this).count() + this.control.size();
	}

	String journal() {
		return String.join("\n", this.journal);
	}

	@Override
	public boolean alive() {
		return !this.dead;
	}

	@Override
	public boolean runs() {
		return !this.dead && !this.stopped;
	}

	@Override
	public String toString() {
		return "pid=" + this.pid;
	}

	// --- the ports that need no class of their own

	/**
	 * A port is called.
	 */
	void call(String name) {
		this.calls.add(name);
		if (this.broken.contains(name)) {
			throw new NoClassDefFoundError("broken: " + name);
		}
	}

	@Override
	public void connected(Peer peer) {
		this.handover.connected(peer);
	}

	@Override
	public void received(Peer peer, Message message) {
		this.handover.received(peer, message);
	}

	@Override
	public void disconnected(Peer peer, String reason) {
		this.handover.disconnected(peer, reason);
	}

	@Override
	public boolean execute(Runnable task) {
		return !this.dead && this.control.add(task);
	}

	@Override
	public Timer after(Duration delay, Runnable task) {
		Job job = this.world.after(delay, TIMER, this, () -> run(task));
		return () -> this.world.cancel(job);
	}

	/**
	 * Something on another thread than the control thread.
	 */
	Job elsewhere(Duration delay, String name, Runnable task) {
		return this.world.after(delay, name, this, task);
	}

	@Override
	public Duration now() {
		return this.world.now();
	}

	@Override
	public boolean tryAcquire() {
		call("lock.tryAcquire");
		if (this.world.lockHolder == null) {
			this.world.lockHolder = this;
			this.world.lockNote = OptionalLong.of(this.pid);
		}
		return this.world.lockHolder == this;
	}

	@Override
	public void release() {
		call("lock.release");
		if (this.world.lockHolder == this) {
			this.world.lockHolder = null;
			this.beforeCommit.run();
		}
	}

	@Override
	public OptionalLong holder() {
		call("lock.holder");
		return this.world.lockNote;
	}

	@Override
	public void check() {
		call("socket.check");
		if (this.broken.contains("path")) {
			throw new UpgradeSocketException(UpgradeSocketException.Problem.UNUSABLE, World.PATH + " is no socket",
					"Remove it", null);
		}
	}

	@Override
	public boolean answers() {
		call("socket.answers");
		if (!this.world.answers()) {
			return false;
		}
		this.world.connect(this).closedByKernel();
		return true;
	}

	@Override
	public boolean replaced() {
		call("socket.replaced");
		return this.door != null && this.door != this.world.path && answers();
	}

	@Override
	public void prepareToPublish() {
		call("socket.prepare");
	}

	@Override
	public void publish() {
		call("socket.publish");
		if (this.broken.contains("path")) {
			check();
		}
		if (this.door != null && this.door == this.world.path) {
			return;
		}
		retire();
		this.door = new Door(this);
		this.world.path = this.door;
	}

	@Override
	public void restore() {
		if ((this.door == null || this.door != this.world.path) && !answers()) {
			publish();
		}
	}

	@Override
	public void retire() {
		call("socket.retire");
		Door door = this.door;
		if (door == null) {
			return;
		}
		this.door = null;
		door.open = false;
		if (this.world.path == door) {
			this.world.path = null;
		}
		this.world.ends.stream().filter((end) -> end.door == door).toList().forEach(Connection.End::closedByKernel);
	}

	@Override
	public Peer connect() {
		call("socket.connect");
		if (!this.world.answers()) {
			throw new UpgradeSocketException(UpgradeSocketException.Problem.NOBODY, "nobody is at " + World.PATH, "",
					null);
		}
		if (this.broken.contains("foreign")) {
			throw new UpgradeSocketException(UpgradeSocketException.Problem.FOREIGN,
					World.PATH + " belongs to another user", "", null);
		}
		return this.world.connect(this);
	}

	@Override
	public void write() {
		call("pidFile.write");
		this.world.pidFile = this.pid;
	}

	@Override
	public void remove() {
		if (this.world.pidFile == this.pid) {
			this.world.pidFile = -1;
		}
	}

	@Override
	public void prepare() {
		call("exit.prepare");
	}

	@Override
	public void cancel() {
		call("exit.cancel");
	}

	@Override
	public void leave() {
		call("exit.leave");
		this.left = true;
		elsewhere(Duration.ZERO, "exit", () -> {
			this.closing = true;
			await("closing", this.handover.closing(), () -> {
				this.listeners.close();
				await("released", this.handover.released(), () -> die(0, Duration.ZERO));
			});
		});
	}

	@Override
	public void abort(UpgradeException failure) {
		call("exit.abort");
		if (!this.aborts) {
			return;
		}
		elsewhere(Duration.ZERO, "abort", () -> {
			this.threads.clear();
			fail(failure, 1);
		});
	}

	@Override
	public void info(String line) {
		this.journal.add("INFO " + line);
	}

	@Override
	public void warn(String line) {
		this.journal.add("WARN " + line);
	}

	/**
	 * A thread that waits for a future.
	 */
	private record Waiting(String name, CompletableFuture<?> future, @Nullable Stage stage, Runnable next) {

		boolean isOver() {
			return this.future.isDone();
		}

		boolean hasFailed() {
			return this.future.isCompletedExceptionally();
		}

	}

	/**
	 * The listening sockets, and the web servers on them.
	 */
	static final class SimulatedListeners implements Listeners {

		private final Instance instance;

		private final List<Message.Listener> inherited = new ArrayList<>();

		final List<String> bound = new ArrayList<>();

		private final List<String> adopted = new ArrayList<>();

		private boolean open;

		/**
		 * Until when it accepts for a part of the time only.
		 */
		private Duration partUntil = Duration.ZERO;

		private @Nullable List<Message.Listener> rehearsal;

		SimulatedListeners(Instance instance) {
			this.instance = instance;
		}

		/**
		 * The web servers start: on inherited listeners, or bound anew.
		 */
		void startServers() {
			if (this.rehearsal != null) {
				return;
			}
			for (String name : this.instance.configured) {
				Message.Listener listener = this.inherited.stream()
					.filter((candidate) -> candidate.name().equals(name))
					.findFirst()
					.orElse(null);
				if (listener != null) {
					this.inherited.remove(listener);
					this.instance.world.adopted(listener.descriptor().release());
					this.adopted.add(name);
				}
				else if (this.instance.world.isBound(name)) {
					throw new IllegalStateException("Port of " + name + " is in use");
				}
				this.bound.add(name);
			}
		}

		boolean wasAdopted(String name) {
			return this.adopted.contains(name);
		}

		boolean accepts() {
			return this.open && !this.bound.isEmpty();
		}

		boolean acceptsInPart() {
			return accepts() && this.partUntil.compareTo(this.instance.now()) > 0;
		}

		void close() {
			closeInherited();
			this.bound.clear();
		}

		private void closeInherited() {
			this.inherited.forEach((listener) -> listener.descriptor().close());
			this.inherited.clear();
		}

		@Override
		public List<Message.Listener> current() {
			this.instance.call("listeners.current");
			return this.bound.stream()
				.map((name) -> new Message.Listener(name, name, name, Descriptor.borrowed(0)))
				.toList();
		}

		@Override
		public void inherit(List<Message.Listener> offered) {
			this.inherited.addAll(offered);
			this.instance.call("listeners.inherit");
		}

		@Override
		public Set<String> movable() {
			return this.instance.movable;
		}

		@Override
		public void rehearse(List<Message.Listener> incumbents) {
			this.rehearsal = List.copyOf(incumbents);
		}

		@Override
		public List<String> settle() {
			this.instance.call("listeners.settle");
			List<Message.Listener> rehearsal = this.rehearsal;
			if (rehearsal != null) {
				return this.instance.configured.stream()
					.filter((name) -> rehearsal.stream().anyMatch((listener) -> listener.name().equals(name)))
					.toList();
			}
			closeInherited();
			return List.copyOf(this.adopted);
		}

		@Override
		public void open() {
			this.instance.call("listeners.open");
			this.open = true;
		}

		@Override
		public void acceptMore(Duration over) {
			this.instance.call("listeners.acceptMore");
			this.open = true;
			this.partUntil = this.instance.now().plus(over);
		}

		@Override
		public void acceptLess(Collection<String> names, Duration over) {
			this.instance.call("listeners.acceptLess");
			if (this.open && !names.isEmpty()) {
				this.partUntil = this.instance.now().plus(over);
			}
		}

		@Override
		public void acceptAll() {
			this.instance.call("listeners.acceptAll");
			this.partUntil = Duration.ZERO;
		}

		@Override
		public void pause(Collection<String> listeners) {
			this.instance.call("listeners.pause");
			this.open = false;
			this.partUntil = Duration.ZERO;
		}

		@Override
		public void resume() {
			this.instance.call("listeners.resume");
			this.open = true;
			this.partUntil = Duration.ZERO;
		}

		@Override
		public void discard() {
			closeInherited();
			this.instance.call("listeners.discard");
		}

	}

	/**
	 * The background work: stops and starts on a thread of its own, one after the other.
	 */
	static final class SimulatedBackground implements Background {

		private final Instance instance;

		private Duration stopTakes = Duration.ZERO;

		private final Deque<Runnable> queue = new ArrayDeque<>();

		private boolean running;

		SimulatedBackground(Instance instance) {
			this.instance = instance;
		}

		void stopTakes(Duration duration) {
			this.stopTakes = duration;
		}

		boolean runs() {
			return this.running;
		}

		/**
		 * With the rest of the application, not by the handover.
		 */
		void begin() {
			this.running = true;
		}

		void end() {
			this.running = false;
		}

		@Override
		public void stop(Runnable done) {
			this.instance.call("background.stop");
			later(this.stopTakes, () -> {
				this.running = false;
				done.run();
			});
		}

		@Override
		public void start() {
			this.instance.call("background.start");
			later(Duration.ZERO, () -> this.running = true);
		}

		private void later(Duration takes, Runnable task) {
			this.queue.add(() -> this.instance.elsewhere(takes, "background", () -> {
				task.run();
				this.queue.remove();
				next();
			}));
			if (this.queue.size() == 1) {
				next();
			}
		}

		private void next() {
			Runnable next = this.queue.peek();
			if (next != null) {
				next.run();
			}
		}

	}

	/**
	 * What the application hands over of its own: nothing, or as many descriptors as a
	 * test says, of which a successor wants every second.
	 */
	static final class SimulatedBelongings implements Belongings {

		private int descriptors;

		/**
		 * What happens while the contributors take their time.
		 */
		Runnable meanwhile = () -> {
		};

		void has(int descriptors) {
			this.descriptors = descriptors;
		}

		@Override
		public void gather(Consumer<List<Item>> done) {
			List<Item> items = new ArrayList<>();
			for (int i = 0; i < this.descriptors; i++) {
				items.add(new State("application", "state " + i, new byte[] { 1 }));
				items.add(new Open("application", "file " + i, Descriptor.borrowed(0)));
			}
			this.meanwhile.run();
			done.accept(items);
		}

		@Override
		public long maxStateBytes() {
			return 1024;
		}

		@Override
		public void receive(List<Item> items) {
			int count = 0;
			for (Item item : items) {
				if (item instanceof Open open) {
					count++;
					// Kept or not, it has an owner who closes it.
					open.descriptor().close();
				}
			}
			this.descriptors = count;
		}

	}

}
