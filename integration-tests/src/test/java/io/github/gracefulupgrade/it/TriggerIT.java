package io.github.gracefulupgrade.it;

import java.nio.file.Path;
import java.util.List;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a SIGQUIT does, and what does not do it.
 */
class TriggerIT {

	/** For a build on a server or with nohup: what a shell leaves to what it starts. */
	private static final String[] IGNORING = { "/bin/sh", "-c", "trap '' QUIT INT HUP; exec \"$@\"", "sh" };

	private static final String REMEMBERED = "SIGQUIT: incumbent pid=[0-9]+ has no successor that waits.*remembered";

	private static final String DUMP = "^Full thread dump";

	@RegisterExtension
	static Service service = new Service();

	@Test
	void withoutASuccessorIsAThreadDumpAndOneLogLineAndServiceGoesOn() {
		Instance incumbent = fresh("--pingora.trigger-window=1s");
		int before = incumbent.log().size();
		incumbent.quit();
		incumbent.awaitLog(DUMP);
		incumbent.awaitLog(REMEMBERED);
		service.assertServes(incumbent);
		// A successor that comes after the window is not handed over to.
		String over = "pid=" + incumbent.pid() + " does not hand over.*pingora.trigger-window";
		incumbent.awaitLog(over);
		List<String> log = incumbent.log();
		assertThat(log.subList(before, log.size())).filteredOn((line) -> line.contains("pid=" + incumbent.pid()))
			.satisfiesExactly((line) -> assertThat(line).containsPattern(REMEMBERED),
					(line) -> assertThat(line).containsPattern(over));
		Instance successor = service.waitingSuccessor();
		Service.assertOnlyWorks(incumbent, successor);
		service.assertServes(incumbent);
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);
	}

	/**
	 * An incumbent of its own kind.
	 */
	private static Instance fresh(String... arguments) {
		Instance incumbent = service.incumbent();
		Instance fresh = service.waitingSuccessor(arguments);
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(fresh);
		return fresh;
	}

	@Test
	void jcmdTriggersNothing() throws Exception {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor();
		Process jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/jcmd").toString(),
				Long.toString(incumbent.pid()), "Thread.print")
			.redirectErrorStream(true)
			.start();
		assertThat(new String(jcmd.getInputStream().readAllBytes())).contains("Full thread dump");
		assertThat(jcmd.waitFor()).isZero();
		Service.assertOnlyWorks(incumbent, successor);
		assertThat(Service.count(incumbent, "offers|" + REMEMBERED)).isZero();
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);
	}

	@Test
	void inOneGoWithTheStartIsEnough() throws Exception {
		Instance incumbent = service.incumbent();
		// As in a shell: java … --upgrade & kill -QUIT <old>
		Instance successor = service.startSuccessor();
		incumbent.quit();
		incumbent.awaitLog(REMEMBERED);
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServesAndCanBeUpgraded(successor);
	}

	@Test
	void twiceIsOneUpgrade() {
		Instance incumbent = service.incumbent();
		incumbent.quit();
		incumbent.awaitLog(REMEMBERED);
		incumbent.quit();
		Service.awaitAnother(incumbent, Service.TASK);
		Instance successor = service.startSuccessor();
		assertThat(incumbent.awaitExit()).isZero();
		Instance next = service.waitingSuccessor();
		service.assertServes(successor);
		Service.assertOnlyWorks(successor, next);
		successor.quit();
		assertThat(successor.awaitExit()).isZero();
		service.assertServes(next);
	}

	@Test
	void isNotForASuccessorThatWaits() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor();
		successor.quit();
		successor.awaitLog(DUMP);
		Service.assertOnlyWorks(incumbent, successor);
		service.assertServes(incumbent);
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServesAndCanBeUpgraded(successor);
	}

	@Test
	void worksWhereSignalsWereInheritedAsIgnored() {
		assertWorksWhereSignalsWereInheritedAsIgnored(true, true);
	}

	@ParameterizedTest
	@Tag("long")
	@CsvSource({ "true, false", "false, true" })
	void worksWhereOneOfTheTwoInheritedSignalsAsIgnored(boolean byIncumbent, boolean bySuccessor) {
		assertWorksWhereSignalsWereInheritedAsIgnored(byIncumbent, bySuccessor);
	}

	private static void assertWorksWhereSignalsWereInheritedAsIgnored(boolean byIncumbent, boolean bySuccessor) {
		Instance first = service.incumbent();
		Instance incumbent = start(byIncumbent);
		first.quit();
		assertThat(first.awaitExit()).isZero();
		service.assertServes(incumbent);
		Instance successor = start(bySuccessor);
		incumbent.quit();
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServesAndCanBeUpgraded(successor);
	}

	private static Instance start(boolean ignoring) {
		Instance instance = service
			.start(ignoring ? service.application().successor().prefix(IGNORING) : service.application().successor());
		instance.awaitLog("waits for incumbent");
		return instance;
	}

}
