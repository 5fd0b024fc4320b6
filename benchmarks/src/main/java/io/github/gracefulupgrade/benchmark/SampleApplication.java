package io.github.gracefulupgrade.benchmark;

import java.nio.file.Path;
import java.time.Duration;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;

/**
 * How the sample application is started, the same in all modes.
 */
final class SampleApplication {

	/** The longest warm-up takes most of a minute, beside a load. */
	private static final Duration WARMED_UP = Instance.PATIENCE.multipliedBy(2);

	static final Path JAR = Path.of("sample-app/target/sample-app.jar");

	/** Small enough for two beside each other, large enough for any load here. */
	static final String HEAP = "256m";

	private SampleApplication() {
	}

	/** Inert unless it gets an upgrade socket. */
	static Application inert() {
		return inert(Application.jar(JAR));
	}

	static Application inert(Application application) {
		return application.jvmOptions("-Xmx" + HEAP).args("--pingora.upgrade-sock=");
	}

	/** One that can be upgraded, on a port and an upgrade socket of its own. */
	static Application upgradable(String... args) throws Exception {
		return upgradable(Application.jar(JAR), args);
	}

	static Application upgradable(Application application, String... args) throws Exception {
		return inert(application).onFreePort().upgradeSocket(Scratch.newFolder().resolve("upgrade.sock")).args(args);
	}

	/** Start a successor, and wait until it waits. */
	static Instance startSuccessor(Application application) {
		Instance successor = application.successor().start();
		try {
			successor.awaitLog(Upgrade.SUCCESSOR_WAITS, WARMED_UP);
			return successor;
		}
		catch (AssertionError ex) {
			successor.close();
			throw ex;
		}
	}

	/** What an instance holds: resident memory in MB, when what is garbage is gone. */
	static double settledMemory(Instance instance) throws Exception {
		for (int i = 0; i < 2; i++) {
			// Twice: what the first one finds may be freed by the second.
			Commands.firstLine("jcmd", Long.toString(instance.pid()), "GC.run");
		}
		return instance.residentMemory() / 1e6;
	}

}
