package io.github.gracefulupgrade.benchmark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;

/**
 * The sample application, replaced in one of several ways.
 */
abstract class JavaContender implements Contender {

	private static final Path CLASSES = Path.of("benchmarks/target/classes");

	private static final Pattern STARTED = Pattern.compile("Started .+ in [0-9.]+ seconds");

	@Override
	public String make() {
		return "Java " + Runtime.version();
	}

	@Override
	public int warmUpSeconds() {
		return 5;
	}

	/**
	 * As this project does it.
	 */
	static final class Starter extends JavaContender {

		@Override
		public String name() {
			return "starter";
		}

		@Override
		public String procedure() {
			return "start the new version with `--upgrade`; when it waits, SIGQUIT to the old one";
		}

		@Override
		public Service start(int port, Path folder) {
			Application application = SampleApplication.inert()
				.onPort(port)
				.upgradeSocket(folder.resolve("upgrade.sock"));
			return new SideBySide(application, application.successor(), Upgrade.SUCCESSOR_WAITS, Instance::quit);
		}

	}

	/**
	 * As it is done without any of this.
	 */
	static final class Restart extends JavaContender {

		@Override
		public String name() {
			return "restart";
		}

		@Override
		public String procedure() {
			return "SIGTERM to the old version; when it has exited, start the new one";
		}

		@Override
		public Service start(int port, Path folder) {
			Application application = SampleApplication.inert().onPort(port);
			return new Instances(application) {

				@Override
				public void replace() {
					first().terminate();
					first().awaitExit();
					start(application).awaitServing();
				}

			};
		}

	}

	/**
	 * Two listeners on one port, between which the kernel chooses by connection.
	 */
	static final class ReusePort extends JavaContender {

		@Override
		public String name() {
			return "reuseport";
		}

		@Override
		public String procedure() {
			return "start the new version on the same port, by SO_REUSEPORT; when it serves, SIGTERM to the old one";
		}

		@Override
		public Service start(int port, Path folder) {
			// The same jar, with one more bean.
			Application application = SampleApplication
				.inert(Application.mainClass("org.springframework.boot.loader.launch.PropertiesLauncher",
						SampleApplication.JAR.toString())
					.jvmOptions("-Dloader.path=" + CLASSES.toAbsolutePath()))
				.args("--benchmark.reuse-port=true")
				.onPort(port);
			return new SideBySide(application, application, STARTED, Instance::terminate);
		}

	}

	/**
	 * Two instances, the second of which is there before the first one is told to go.
	 */
	private static final class SideBySide extends Instances {

		private final Application second;

		private final Pattern ready;

		private final Consumer<Instance> replace;

		SideBySide(Application first, Application second, Pattern ready, Consumer<Instance> replace) {
			super(first);
			this.second = second;
			this.ready = ready;
			this.replace = replace;
		}

		@Override
		public void prepare() {
			start(this.second).awaitLog(this.ready, Instance.PATIENCE);
		}

		@Override
		public void replace() {
			this.replace.accept(first());
		}

	}

	/**
	 * Instances, each of which ends when the service does.
	 */
	private abstract static class Instances implements Service {

		private final List<Instance> instances = new ArrayList<>();

		Instances(Application application) {
			try {
				start(application).awaitServing();
			}
			catch (AssertionError ex) {
				close();
				throw ex;
			}
		}

		final Instance start(Application application) {
			Instance instance = application.start();
			this.instances.add(instance);
			return instance;
		}

		final Instance first() {
			return this.instances.get(0);
		}

		@Override
		public void close() {
			this.instances.forEach(Instance::close);
		}

	}

}
