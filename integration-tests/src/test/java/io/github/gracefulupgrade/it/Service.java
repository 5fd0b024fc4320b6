package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import io.github.gracefulupgrade.test.Upgrade;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A service, whoever serves it: a port, an upgrade socket, and the instances of the
 * testbed that a test starts there. Registered by {@link RegisterExtension}; as a static
 * field it keeps its incumbent from test to test.
 * <p>
 * Whenever an incumbent was asked for, there are clients with fresh connections in the
 * background, and a test in which one of them is refused or loses a request fails, unless
 * it {@linkplain #expectLosses() said} that this is no wonder. No process outlives the
 * test that started it, but for an incumbent that serves.
 */
final class Service implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

	static final String TASK = "The scheduled task ran";

	static final String CONSUMER = "The consumer consumed";

	/**
	 * Lets a context close 2 s earlier: the time for which Reactor Netty waits for
	 * clients that may still come.
	 */
	static final String NO_QUIET_PERIOD = "--spring.reactor.netty.shutdown-quiet-period=0s";

	private static final int PROBES = 10;

	private final Supplier<Application> testbed;

	private final UnaryOperator<Application> configuration;

	private final List<Instance> instances = new ArrayList<>();

	private @Nullable Path folder;

	private @Nullable Application application;

	private @Nullable Instance incumbent;

	private @Nullable Load load;

	private Losses losses = Losses.NONE;

	private int gates;

	private int depth;

	/**
	 * Create a service.
	 * @param arguments arguments for all of its instances
	 */
	Service(String... arguments) {
		this((application) -> application.args(arguments));
	}

	/**
	 * The same with Spring Boot Actuator.
	 * @param arguments arguments for all of its instances
	 */
	static Service withActuator(String... arguments) {
		return new Service(Testbed::withActuator, (application) -> application.args(arguments));
	}

	/**
	 * Create a service.
	 * @param configuration applied to all of its instances
	 */
	Service(UnaryOperator<Application> configuration) {
		this(Testbed::application, configuration);
	}

	/**
	 * Create a service.
	 * @param testbed what it is
	 * @param configuration applied to all of its instances
	 */
	Service(Supplier<Application> testbed, UnaryOperator<Application> configuration) {
		this.testbed = testbed;
		this.configuration = configuration;
	}

	// --- what there is

	/**
	 * The folder for this service's files.
	 */
	Path folder() {
		Path folder = this.folder;
		if (folder == null) {
			folder = Testbed.newFolder();
			this.folder = folder;
		}
		return folder;
	}

	/**
	 * The path of the upgrade socket.
	 */
	Path socket() {
		return folder().resolve("s");
	}

	/**
	 * How to start an instance of this service.
	 */
	Application application() {
		Application application = this.application;
		if (application == null) {
			application = this.configuration.apply(this.testbed.get().onFreePort().upgradeSocket(socket()));
			this.application = application;
		}
		return application;
	}

	/**
	 * The port that this service is served on.
	 */
	int port() {
		return incumbent().port();
	}

	/**
	 * The instance that serves. One is started if there is none, and from now on there
	 * are clients.
	 */
	Instance incumbent() {
		Instance incumbent = this.incumbent;
		if (incumbent == null || !incumbent.isAlive()) {
			incumbent = awaitUpgradable(start());
			this.incumbent = incumbent;
		}
		if (this.load == null) {
			this.load = Load.on(incumbent).keepAlive(0).fresh(2).rate(30).start();
		}
		return incumbent;
	}

	/**
	 * What the clients have seen so far in this test.
	 */
	LoadReport clients() {
		Load load = this.load;
		assertThat(load).as("clients: there was an incumbent").isNotNull();
		return load.soFar();
	}

	// --- starting

	/**
	 * Start an instance cold.
	 */
	Instance start(String... arguments) {
		return start(application().args(arguments));
	}

	/**
	 * Start an instance with {@code --upgrade}.
	 */
	Instance startSuccessor(String... arguments) {
		return start(application().args(arguments).successor());
	}

	/**
	 * Start an instance, and end it with this test.
	 */
	Instance start(Application application) {
		Instance instance = application.start();
		this.instances.add(instance);
		return instance;
	}

	/**
	 * Start a successor, and wait until it waits for the incumbent to hand over.
	 */
	Instance waitingSuccessor(String... arguments) {
		return waits(startSuccessor(arguments));
	}

	/**
	 * Start a successor with {@code pingora.upgrade=auto}, and wait until it waits for
	 * the incumbent to hand over.
	 */
	Instance waitingAutoSuccessor(String... arguments) {
		return waits(start(application().args("--pingora.upgrade=auto").args(arguments)));
	}

	private static Instance waits(Instance successor) {
		successor.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
		return successor;
	}

	/**
	 * Wait until an instance serves, and says that it can be upgraded.
	 */
	static Instance awaitUpgradable(Instance instance) {
		instance.awaitLog("serves and can be upgraded at|accepts, generation [0-9]+");
		return instance;
	}

	/**
	 * A file that does not exist yet, to hold an instance by.
	 */
	Path gate() {
		return folder().resolve("gate" + ++this.gates);
	}

	/**
	 * Let an instance go on that is held.
	 */
	static void open(Path gate) {
		try {
			Files.createFile(gate);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	// --- what must be true

	/**
	 * Clients may be refused in this test, since there are times when nobody serves.
	 */
	void expectRefusals() {
		this.losses = Losses.ANY;
	}

	/**
	 * Clients may lose requests in this test, since somebody who serves is killed. None
	 * may be refused.
	 */
	void expectLostRequests() {
		this.losses = Losses.OF_THE_KILLED;
	}

	/**
	 * Exactly one instance serves, and it is this one: no other one holds the listener,
	 * and it answers every request.
	 */
	void assertServes(Instance instance) {
		this.incumbent = instance;
		Await.until(() -> assertThat(holders(this.instances, instance.port())).as("who holds the listener")
			.containsExactly(instance));
		assertAnswers(instance);
	}

	/**
	 * This instance answers every request, whoever else is still there.
	 */
	void assertAnswers(Instance instance) {
		for (int i = 0; i < PROBES; i++) {
			Http.Answer answer = Http.get(instance.port(), "/");
			assertThat(answer.status()).isEqualTo(200);
			assertThat(answer.pid()).as("who answers").isEqualTo(instance.pid());
		}
	}

	/**
	 * The background work of an instance goes on: its scheduled task and its consumer.
	 */
	static void assertWorks(Instance instance) {
		awaitWork(instance, 1);
	}

	private static void awaitWork(Instance instance, int times) {
		long tasks = count(instance, TASK);
		long messages = count(instance, CONSUMER);
		Await.until(() -> {
			assertThat(count(instance, TASK)).as("scheduled tasks of %s", instance)
				.isGreaterThanOrEqualTo(tasks + times);
			assertThat(count(instance, CONSUMER)).as("messages consumed by %s", instance)
				.isGreaterThanOrEqualTo(messages + times);
		});
	}

	/**
	 * While one instance works in the background, others do not.
	 */
	static void assertOnlyWorks(Instance instance, Instance... others) {
		// What they had begun when they were told to stop ends.
		awaitWork(instance, 2);
		List<Long> before = Stream.of(others).map((other) -> count(other, TASK) + count(other, CONSUMER)).toList();
		awaitWork(instance, 5);
		assertThat(Stream.of(others).map((other) -> count(other, TASK) + count(other, CONSUMER)))
			.as("the work of the others")
			.containsExactlyElementsOf(before);
	}

	/**
	 * Exactly one instance serves, it is this one, and a good successor takes over from
	 * it.
	 */
	void assertServesAndCanBeUpgraded(Instance instance) {
		assertServes(instance);
		Instance successor = waitingSuccessor();
		instance.quit();
		assertThat(instance.awaitExit()).isZero();
		assertServes(successor);
	}

	/**
	 * Which of these instances have the listener of a port open.
	 */
	static List<Instance> holders(List<Instance> instances, int port) {
		Set<String> listeners = Listeners.on(port).stream().map("socket:[%s]"::formatted).collect(Collectors.toSet());
		return instances.stream()
			.filter(Instance::isAlive)
			.filter((instance) -> openDescriptors(instance).stream().anyMatch(listeners::contains))
			.toList();
	}

	private static List<String> openDescriptors(Instance instance) {
		try {
			return instance.openDescriptors();
		}
		catch (UncheckedIOException ex) {
			// It has exited since.
			return List.of();
		}
	}

	/**
	 * The instance says why it does not start, in a failure analysis, and exits with 1.
	 */
	static void assertFailsToStart(Instance instance, String... reasons) {
		assertThat(instance.awaitExit()).isEqualTo(1);
		String log = String.join("\n", instance.log());
		assertThat(log).contains("APPLICATION FAILED TO START", "Description:", "Action:");
		assertThat(log.substring(log.indexOf("APPLICATION FAILED TO START"))).contains(reasons);
	}

	/**
	 * A request that was just sent has been read: nothing is left for it in the kernel's
	 * queues.
	 */
	static void awaitReceived(Instance instance) {
		Await.until(() -> assertThat(Listeners.unread(instance.port())).as("connections with unread bytes").isZero());
	}

	/**
	 * A line of the log appears once more.
	 */
	static void awaitAnother(Instance instance, String line) {
		long before = count(instance, line);
		Await.until(() -> assertThat(count(instance, line)).as("how often \"%s\" is said by %s", line, instance)
			.isGreaterThan(before));
	}

	/**
	 * Wait until an instance is being shut down: Boot's hook runs.
	 */
	static void awaitShutdown(Instance instance) {
		Await.until(() -> assertThat(threads(instance)).as("threads of %s", instance)
			.anyMatch((name) -> name.startsWith("SpringA")));
	}

	/**
	 * The names of an instance's threads, as far as the kernel keeps them: the first
	 * seven characters of a long one, whatever the JDK.
	 */
	static List<String> threads(Instance instance) {
		try (Stream<Path> threads = Files.list(Path.of("/proc", String.valueOf(instance.pid()), "task"))) {
			return threads.map((thread) -> {
				try {
					return Files.readString(thread.resolve("comm"));
				}
				catch (IOException ex) {
					return ""; // It has ended since.
				}
			}).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Let time pass where it is the time that makes the difference, and nothing else.
	 */
	static void awaitAtLeast(int seconds) {
		try {
			Thread.sleep(seconds * 1000L);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static double secondsSince(long nanoTime) {
		return (System.nanoTime() - nanoTime) / 1e9;
	}

	static long count(Instance instance, String line) {
		Pattern pattern = Pattern.compile(line);
		return instance.output().stream().filter((candidate) -> pattern.matcher(candidate).find()).count();
	}

	// --- from test to test

	@Override
	public void beforeAll(ExtensionContext context) {
		this.depth++;
	}

	@Override
	public void beforeEach(ExtensionContext context) {
		this.losses = Losses.NONE;
		if (this.incumbent != null && this.incumbent.isAlive()) {
			incumbent();
		}
	}

	@Override
	public void afterEach(ExtensionContext context) {
		boolean failed = context.getExecutionException().isPresent();
		try {
			Load load = this.load;
			this.load = null;
			if (load != null) {
				try (load) {
					LoadReport report = load.stop();
					if (!failed) {
						failed = true;
						this.losses.check(report);
						failed = false;
					}
				}
			}
		}
		finally {
			if (failed) {
				this.instances.forEach(Service::printLog);
			}
			end(failed ? null : this.incumbent);
		}
	}

	@Override
	public void afterAll(ExtensionContext context) {
		// Also called for each nested class, which are parts of one whole.
		if (--this.depth == 0) {
			end(null);
			if (this.folder != null) {
				Testbed.delete(this.folder);
			}
			// A test that failed may be run once more.
			this.folder = null;
			this.application = null;
		}
	}

	private void end(@Nullable Instance survivor) {
		this.instances.stream().filter((instance) -> instance != survivor).forEach((instance) -> {
			// Asking politely takes seconds. Not kill(), which minds if it is gone by
			// now.
			ProcessHandle.of(instance.pid()).ifPresent(ProcessHandle::destroyForcibly);
			instance.close();
		});
		this.instances.removeIf((instance) -> instance != survivor);
		this.incumbent = survivor;
	}

	static void printLog(Instance instance) {
		System.out.println("--- " + instance + (instance.isAlive() ? "" : ", exited with " + instance.awaitExit()));
		List<String> log = instance.log()
			.stream()
			.filter((line) -> !line.contains(TASK) && !line.contains(CONSUMER))
			.toList();
		log.subList(Math.max(0, log.size() - 80), log.size()).forEach(System.out::println);
	}

	private enum Losses {

		NONE, OF_THE_KILLED, ANY;

		private void check(LoadReport report) {
			if (this == NONE) {
				report.assertNothingLost();
			}
			if (this == OF_THE_KILLED) {
				assertThat(report.refused()).as("refused clients").isEmpty();
			}
		}

	}

}
