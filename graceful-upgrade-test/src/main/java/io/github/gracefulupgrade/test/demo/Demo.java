package io.github.gracefulupgrade.test.demo;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import io.github.gracefulupgrade.test.Upgrade;

/**
 * An upgrade to watch: the sample application under load, replaced by itself.
 */
public final class Demo {

	private final Options options;

	private final PrintStream out;

	Demo(Options options, PrintStream out) {
		this.options = options;
		this.out = out;
	}

	/**
	 * Run the demonstration.
	 * @param args what {@code ./demo --help} lists
	 */
	public static void main(String... args) {
		PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
		try {
			Options options = Options.parse(args);
			Application app = Application.jar(options.jar())
				.jvmOptions("-Xmx256m")
				.onFreePort()
				.upgradeSocket(options.folder().resolve("sample-app.sock"))
				.args("--pingora.close-timeout=" + options.closeTimeout() + "s");
			System.exit(new Demo(options, out).run(app) ? 0 : 1);
		}
		catch (IllegalArgumentException ex) {
			out.println(ex.getMessage());
			System.exit(2);
		}
		catch (AssertionError ex) {
			out.println("\nThe upgrade failed: " + ex.getMessage());
			System.exit(1);
		}
	}

	boolean run(Application app) {
		long began = System.nanoTime();
		try (Instance v1 = app.args("--sample.version=1").start().awaitServing()) {
			say("Version 1 serves on 127.0.0.1:%d as pid %d, started in %.1f s", v1.port(), v1.pid(), since(began));
			say("Load: %d requests/s on %d keep-alive connections and by %d clients with fresh ones, and slow ones",
					this.options.rate(), this.options.connections(), this.options.fresh());
			try (Load load = Load.on(v1)
				.rate(this.options.rate())
				.keepAlive(this.options.connections())
				.fresh(this.options.fresh())
				.start();
					Load slow = Load.on(v1)
						.paths("/slow?ms=400")
						.thinkTime(Duration.ofMillis(100))
						.keepAlive(2)
						.fresh(1)
						.start()) {
				serveForAWhile();
				return upgrade(v1, app, load, slow);
			}
		}
	}

	private boolean upgrade(Instance v1, Application app, Load load, Load slow) {
		long began = System.nanoTime();
		say("Starting version 2 with --upgrade; SIGQUIT to pid %d as soon as it waits …", v1.pid());
		try (Upgrade upgrade = Upgrade.of(v1).to(app.args("--sample.version=2")).under(load).perform()) {
			Instance v2 = upgrade.successor();
			say("Version 2 serves as pid %d, version 1 has exited with %d, %.1f s after the start of version 2",
					v2.pid(), upgrade.exitCode(), since(began));
			serveForAWhile();
			// The last slow requests take a moment, during which the others go on.
			LoadReport slowOnes = slow.stop();
			LoadReport report = load.stop().plus(slowOnes);
			if (this.options.logs()) {
				log("1", v1);
				log("2", v2);
			}
			Story story = new Story(report, v1.pid(), v2.pid(), upgrade);
			new Timeline(story, this.options).print(this.out);
			new Summary(story).print(this.out);
			return story.isGood();
		}
	}

	private void serveForAWhile() {
		try {
			TimeUnit.SECONDS.sleep(this.options.duration());
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException("Interrupted", ex);
		}
	}

	private void log(String version, Instance instance) {
		this.out.println("\nVersion " + version + " logged:");
		instance.log().forEach((line) -> this.out.println("  " + line));
	}

	private void say(String format, Object... args) {
		this.out.println(String.format(format, args));
	}

	private static double since(long moment) {
		return (double) (System.nanoTime() - moment) / TimeUnit.SECONDS.toNanos(1);
	}

}
