package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.gracefulupgrade.it.Debugger.Mirror;
import io.github.gracefulupgrade.it.Debugger.Pause;
import io.github.gracefulupgrade.it.FaultMatrix.Fault;
import io.github.gracefulupgrade.it.FaultMatrix.Loss;
import io.github.gracefulupgrade.it.FaultMatrix.Row;
import io.github.gracefulupgrade.it.FaultMatrix.Serves;
import io.github.gracefulupgrade.it.FaultMatrix.Side;
import io.github.gracefulupgrade.it.FaultMatrix.Step;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.ConnectionKind;
import io.github.gracefulupgrade.test.Fate;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs rows of the {@link FaultMatrix}, one after the other, on one service: who serves
 * at the end of a row is the incumbent of the next one.
 */
final class FaultRun implements AutoCloseable {

	private static final int KEEP_ALIVE = 4;

	private static final int FRESH = 2;

	/** The queue of the testbed holds this many connections. */
	private static final int BACKLOG = 16;

	/** Longer than each timeout below, and than those that are constants. */
	private static final int STOPPED_SECONDS = 17;

	private final Path folder = Testbed.newFolder();

	private final Path files = folder(this.folder.resolve("f"));

	private final Application application = Testbed.application()
		.onFreePort()
		.upgradeSocket(this.files.resolve("s"))
		.args("--spring.reactor.netty.shutdown-quiet-period=0s", "--pingora.ready-timeout=5s",
				"--pingora.connect-timeout=2s", "--pingora.grace-period=4s",
				"--pingora.pid-file=" + this.files.resolve("pid"), "--testbed.phase-trouble=" + this.folder,
				"--testbed.backlog=" + BACKLOG);

	private final Map<Instance, Debugger> debuggers = new HashMap<>();

	private final List<Instance> instances = new ArrayList<>();

	private final List<SocketChannel> crowd = new ArrayList<>();

	private @Nullable Instance incumbent;

	private static Path folder(Path path) {
		try {
			return Files.createDirectory(path);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Run a row.
	 * @return what was lost
	 */
	Finding run(Row row) throws IOException {
		long began = System.nanoTime();
		Instance incumbent = incumbent();
		try (Load load = Load.on(incumbent)
			.keepAlive(KEEP_ALIVE)
			.fresh(FRESH)
			.rate(80)
			.timeout(Duration.ofSeconds(40))
			.start()
			.awaitAnswers(KEEP_ALIVE + FRESH)) {
			Instance successor = harm(row, incumbent, load);
			Instance serving = awaitServing(row, incumbent, successor);
			assertOneServes(serving);
			Instance next = upgrade(serving);
			this.incumbent = next;
			load.awaitAnswers(next, 1);
			LoadReport report = load.stop();
			for (SocketChannel client : this.crowd) {
				assertAnswered(client);
			}
			check(row, report);
			String who = (serving == incumbent) ? "incumbent" : (serving == successor) ? "successor" : "cold start";
			return new Finding(row, report.fates().size(), report.failures().size(), report.refused().size(), who,
					"upgraded", Service.secondsSince(began));
		}
	}

	/**
	 * An incumbent that nothing has happened to.
	 */
	private Instance incumbent() {
		Instance incumbent = this.incumbent;
		if (incumbent == null) {
			incumbent = Service.awaitUpgradable(start(Debugger.listening(this.application, false)));
			this.incumbent = incumbent;
		}
		return incumbent;
	}

	private Instance start(Application application) {
		Instance instance = application.start();
		this.instances.add(instance);
		return instance;
	}

	private Debugger debugger(Instance instance) {
		return this.debuggers.computeIfAbsent(instance, Debugger::attach);
	}

	// --- the fault

	private Instance harm(Row row, Instance incumbent, Load load) throws IOException {
		Step step = row.step();
		boolean heldSuccessor = (step.held() == Side.SUCCESSOR);
		Pause pause = heldSuccessor ? null : debugger(incumbent).at(step.gate());
		Instance successor = start(Debugger.listening(this.application, heldSuccessor).successor());
		if (heldSuccessor) {
			Debugger debugger = debugger(successor);
			pause = debugger.at(step.gate());
			debugger.start();
		}
		Instance victim = (step.victim() == Side.SUCCESSOR) ? successor : incumbent;
		if (trouble(row.fault()) != null) {
			Files.writeString(this.folder.resolve("trouble." + victim.pid()), trouble(row.fault()));
		}
		if (step.isTriggered()) {
			successor.awaitLog("waits for incumbent pid=" + incumbent.pid());
			Service.awaitUpgradable(incumbent);
			incumbent.quit();
		}
		pause.await();
		load.mark(row.toString());
		harm(row, victim, successor, pause);
		return successor;
	}

	private static @Nullable String trouble(Fault fault) {
		return switch (fault) {
			case LISTENER_THROWS -> "throw";
			case LISTENER_OUT_OF_MEMORY -> "error";
			case OUT_OF_MEMORY -> "fill";
			default -> null;
		};
	}

	private void harm(Row row, Instance victim, Instance successor, Pause pause) throws IOException {
		boolean isHeld = (row.step().held() == row.step().victim());
		switch (row.fault()) {
			case KILL -> {
				victim.kill();
				victim.awaitExit();
			}
			case STOP -> {
				victim.suspend();
				if (!isHeld) {
					pause.open();
				}
				Service.awaitAtLeast(STOPPED_SECONDS);
				victim.resume();
			}
			case TERMINATE -> {
				Debugger debugger = debugger(victim);
				victim.terminate();
				Await.until(() -> assertThat(debugger.hasThread("SpringApplicationShutdownHook")).as("shuts down")
					.isTrue());
			}
			case CLOSE -> pause.peer().call("close", "()");
			case HALF_A_FRAME -> {
				Mirror peer = pause.peer();
				write(peer, 0, 0, 0);
				peer.call("close", "()");
			}
			case ANOTHER_FRAME -> {
				if (row.step().victim() == Side.SUCCESSOR) {
					write(pause.peer(), 0, 0, 0, 1, ScriptedPeer.GOODBYE);
				}
				else {
					write(pause.peer(), 0, 0, 0, 1, ScriptedPeer.COMMIT);
				}
			}
			case FOLDER_GONE -> {
				Path away = this.folder.resolve("away");
				Files.move(this.files, away);
				pause.open();
				victim.awaitExit();
				Files.move(away, this.files);
			}
			case DISK_FULL -> limit(victim, "--fsize=0:");
			case NO_DESCRIPTORS -> starve(row, successor, pause);
			case LISTENER_THROWS, LISTENER_OUT_OF_MEMORY, OUT_OF_MEMORY -> victim.awaitLog("Told to be in trouble");
			case FULL_ACCEPT_QUEUE -> {
				successor.suspend();
				Instance incumbent = incumbent();
				incumbent.suspend();
				for (int i = 0; i < 3 * BACKLOG; i++) {
					this.crowd.add(connect(incumbent.port()));
				}
				Await.until(() -> assertThat(Listeners.unread(incumbent.port())).isPositive());
				incumbent.resume();
				successor.resume();
			}
		}
		pause.open();
	}

	private static void write(Mirror peer, int... bytes) {
		peer.field("writer").call("getOutputStream", "()").call("write", "([B)", peer.bytes(bytes));
	}

	private void starve(Row row, Instance successor, Pause pause) throws IOException {
		limit(successor, "--nofile=" + successor.openDescriptors().size() + ":");
		pause.open();
		// Whatever comes of it has come by then.
		incumbent().awaitLog("drained in|Upgrade failed");
		if (successor.isAlive()) {
			limit(successor, "--nofile=4096:");
		}
	}

	private static void limit(Instance instance, String limit) throws IOException {
		Process process = new ProcessBuilder("prlimit", "--pid", Long.toString(instance.pid()), limit).inheritIO()
			.start();
		assertThat(process.onExit().join().exitValue()).as("prlimit").isZero();
	}

	private static SocketChannel connect(int port) throws IOException {
		SocketChannel channel = SocketChannel.open();
		channel.configureBlocking(false);
		channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
		return channel;
	}

	private static void assertAnswered(SocketChannel channel) throws IOException {
		// Without a timeout of its own: the kernel sends SYN again after 1, 2, 4 …
		// seconds.
		channel.configureBlocking(true);
		assertThat(channel.finishConnect()).isTrue();
		channel.write(ByteBuffer.wrap("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
			.getBytes(StandardCharsets.ISO_8859_1)));
		ByteBuffer answer = ByteBuffer.allocate(12);
		while (answer.hasRemaining() && channel.read(answer) >= 0) {
			// Until the status has come.
		}
		assertThat(new String(answer.array(), StandardCharsets.ISO_8859_1)).isEqualTo("HTTP/1.1 200");
	}

	// --- what must be true

	/**
	 * Wait until one process, of those that the table says, has the listener alone.
	 */
	private Instance awaitServing(Row row, Instance incumbent, Instance successor) {
		List<Instance> expected = switch (row.serves()) {
			case INCUMBENT -> List.of(incumbent);
			case SUCCESSOR -> List.of(successor);
			case EITHER -> List.of(incumbent, successor);
			case NOBODY -> List.of();
		};
		if (expected.isEmpty()) {
			incumbent.awaitExit();
			successor.awaitExit();
			return Service.awaitUpgradable(start(Debugger.listening(this.application, false)));
		}
		Await.until(() -> assertThat(Service.holders(this.instances, incumbent.port())).as("who holds the listener")
			.hasSize(1)
			.allMatch(expected::contains));
		Instance serving = Service.holders(this.instances, incumbent.port()).get(0);
		if (serving == incumbent && !row.step().isTriggered() && successor.isAlive()) {
			// It waits, or has just not exited yet: nobody else would be welcome.
			successor.kill();
		}
		this.instances.stream().filter((instance) -> instance != serving).forEach(Instance::awaitExit);
		return serving;
	}

	private static void assertOneServes(Instance serving) {
		for (int i = 0; i < 5; i++) {
			Http.Answer answer = Http.get(serving.port(), "/");
			assertThat(answer.status()).isEqualTo(200);
			assertThat(answer.pid()).as("who answers").isEqualTo(serving.pid());
		}
	}

	private Instance upgrade(Instance serving) throws IOException {
		Files.deleteIfExists(this.folder.resolve("trouble." + serving.pid()));
		limit(serving, "--fsize=unlimited:");
		Instance next = start(Debugger.listening(this.application, false).successor());
		next.awaitLog("waits for incumbent pid=" + serving.pid());
		serving.quit();
		assertThat(serving.awaitExit()).as("exit code of %s", serving).isZero();
		Service.awaitUpgradable(next);
		assertOneServes(next);
		assertThat(this.files.resolve("pid")).hasContent(Long.toString(next.pid()));
		return next;
	}

	private static void check(Row row, LoadReport report) {
		List<Fate> failures = report.failures();
		if (row.allowed() == Loss.WHILE_NOBODY_LIVES) {
			return;
		}
		assertThat(report.refused()).as(report::toString).isEmpty();
		switch (row.allowed()) {
			case NOTHING -> assertThat(failures).as(report::toString).isEmpty();
			// A client has one request at a time, and does not repeat it.
			case REQUESTS_OF_THE_VICTIM ->
				assertThat(failures).as(report::toString).hasSizeLessThanOrEqualTo(KEEP_ALIVE + FRESH);
			case IDLE_CONNECTIONS_OF_THE_VICTIM, CONNECTIONS_ON_THEIR_WAY -> {
				assertThat(failures).as(report::toString).hasSizeLessThanOrEqualTo(KEEP_ALIVE);
				assertThat(failures).as(report::toString)
					.allMatch((failure) -> failure.kind() == ConnectionKind.KEEP_ALIVE);
			}
			case WHILE_NOBODY_LIVES -> {
			}
		}
	}

	/**
	 * What the processes of the last row have said.
	 */
	void printLogs() {
		this.instances.forEach(Service::printLog);
	}

	/**
	 * End all processes but the incumbent, if there is to be one.
	 */
	void end(boolean all) {
		for (SocketChannel client : this.crowd) {
			try {
				client.close();
			}
			catch (IOException ex) {
				// It is closed anyway.
			}
		}
		this.crowd.clear();
		for (Instance instance : List.copyOf(this.instances)) {
			if (all || instance != this.incumbent) {
				if (instance.isAlive()) {
					instance.kill();
				}
				instance.close();
				this.instances.remove(instance);
				Debugger debugger = this.debuggers.remove(instance);
				if (debugger != null) {
					debugger.close();
				}
			}
		}
		if (all) {
			this.incumbent = null;
		}
	}

	@Override
	public void close() {
		end(true);
		Testbed.delete(this.folder);
	}

	/**
	 * What came of a row.
	 *
	 * @param row the row
	 * @param requests how many requests there were
	 * @param lost how many of them were not answered
	 * @param refused how many of these could not connect
	 * @param served who served afterwards
	 * @param outcome whether all was as the table says
	 * @param seconds how long it took
	 */
	record Finding(Row row, int requests, int lost, int refused, String served, String outcome, double seconds) {
	}

}
