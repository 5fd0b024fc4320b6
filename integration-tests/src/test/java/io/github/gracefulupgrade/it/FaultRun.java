package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.gracefulupgrade.it.Debugger.Pause;
import io.github.gracefulupgrade.it.FaultMatrix.Fault;
import io.github.gracefulupgrade.it.FaultMatrix.Loss;
import io.github.gracefulupgrade.it.FaultMatrix.Row;
import io.github.gracefulupgrade.it.FaultMatrix.Serves;
import io.github.gracefulupgrade.it.FaultStep.Side;
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

	private final Path folder = Testbed.newFolder();

	private final Path files = folder(this.folder.resolve("f"));

	private final Application application = Testbed.application()
		.onFreePort()
		.upgradeSocket(this.files.resolve("s"))
		.args(Service.NO_QUIET_PERIOD, "--pingora.ready-timeout=5s", "--pingora.connect-timeout=2s",
				"--pingora.grace-period=4s", "--pingora.pid-file=" + this.files.resolve("pid"),
				"--testbed.phase-trouble=" + this.folder, "--testbed.backlog=" + FaultInjection.BACKLOG);

	private final Map<Instance, Debugger> debuggers = new HashMap<>();

	private final List<Instance> instances = new ArrayList<>();

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
		try (Crowd crowd = new Crowd();
				Load load = Load.on(incumbent)
					.keepAlive(KEEP_ALIVE)
					.fresh(FRESH)
					.rate(80)
					.timeout(Duration.ofSeconds(40))
					.start()
					.awaitAnswers(KEEP_ALIVE + FRESH)) {
			Instance successor = harm(row, incumbent, load, crowd);
			Instance serving = awaitServing(row, incumbent, successor);
			assertOneServes(serving);
			Instance next = upgrade(serving);
			this.incumbent = next;
			load.awaitAnswers(next, 1);
			LoadReport report = load.stop();
			crowd.assertAnswered();
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

	private Instance harm(Row row, Instance incumbent, Load load, Crowd crowd) throws IOException {
		FaultStep step = row.step();
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
		new FaultInjection(row, incumbent, successor, pause, this.files, crowd, this::debugger).inject();
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
		FaultInjection.limit(serving, "--fsize=unlimited:");
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
