package io.github.gracefulupgrade.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;

/**
 * Starts an application with a cache of what the JVM learnt in an earlier run: classes
 * that are loaded and linked, and what methods do, so that they are compiled earlier (JEP
 * 483 and JEP 515; needs a JDK 25).
 */
final class AotCache {

	private AotCache() {
	}

	/**
	 * The sample application. If the command line asks for it, with a cache from a whole
	 * life: a successor that takes over, answers requests, is replaced and drains.
	 */
	static Application ofUpgrades(Options options) throws Exception {
		return of(options, SampleApplication.JAR, AotCache::upgrade);
	}

	/**
	 * The application in a jar. If the command line asks for it, with a cache from a cold
	 * start and requests.
	 */
	static Application ofStarts(Options options, Path jar) throws Exception {
		return of(options, jar, AotCache::start);
	}

	/** A report of its own, beside that without a cache. */
	static String reportName(String name, Options options) {
		return isWanted(options) ? name + "-aot" : name;
	}

	private static boolean isWanted(Options options) {
		return switch (options.text("aot-cache", "no")) {
			case "no" -> false;
			case "yes" -> true;
			default -> throw new IllegalArgumentException("--aot-cache is yes or no");
		};
	}

	private static Application of(Options options, Path jar, Training training) throws Exception {
		if (!isWanted(options)) {
			return Application.jar(jar);
		}
		if (Runtime.version().feature() < 25) {
			throw new IllegalArgumentException("--aot-cache needs a JDK 25 (JAVA_HOME)");
		}
		Path folder = Scratch.newFolder();
		// A cache holds no classes of a jar in a jar.
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		Commands.run(folder, 60, Map.of(), java, "-Djarmode=tools", "-jar", jar.toAbsolutePath().toString(), "extract",
				"--destination", folder.resolve("app").toString());
		Application application = Application.jar(folder.resolve("app").resolve(jar.getFileName()));
		Path cache = folder.resolve("app.aot");
		training.run(application, "-XX:AOTCacheOutput=" + cache);
		// The JVM has another one write it, and ends when that is done.
		Main.say("The AOT cache of %s has %d MB", jar.getFileName(), Files.size(cache) / 1_000_000);
		return application.jvmOptions("-XX:AOTCache=" + cache);
	}

	private static void upgrade(Application application, String learn) throws Exception {
		Application upgradable = SampleApplication.upgradable(application, "--pingora.close-timeout=1s");
		try (Instance first = upgradable.start().awaitServing();
				Instance trained = SampleApplication.startSuccessor(upgradable.jvmOptions(learn))) {
			first.quit();
			first.awaitExit();
			requests(trained.port());
			try (Instance last = SampleApplication.startSuccessor(upgradable)) {
				trained.quit();
				trained.awaitExit();
			}
		}
	}

	private static void start(Application application, String learn) throws Exception {
		try (Instance trained = SampleApplication.inert(application)
			.jvmOptions(learn)
			.onFreePort()
			.start()
			.awaitServing()) {
			requests(trained.port());
			trained.terminate();
			trained.awaitExit();
		}
	}

	private static void requests(int port) throws Exception {
		try (Load load = Load.open(port, 2, 2, 100)) {
			Thread.sleep(2000);
			load.stop();
		}
	}

	/**
	 * What a JVM does to learn.
	 */
	private interface Training {

		void run(Application application, String learn) throws Exception;

	}

}
