package io.github.gracefulupgrade.it.drain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Hundreds of upgrades in a row, under every kind of load at once, lose nothing and wear
 * nothing out. Run with {@code -Psoak}; {@code -Dsoak.upgrades} says how many.
 */
@Tag("soak")
class SoakIT {

	private static final int UPGRADES = Integer.getInteger("soak.upgrades", 300);

	/** Printed, so that a run can be repeated as far as that is possible. */
	private static final long SEED = Long.getLong("soak.seed", System.nanoTime());

	private static final int GENERATIONS_AT_ONCE = 3;

	private static final int TELL_EVERY = 10;

	private final Random random = new Random(SEED);

	private final Path socket = Sample.newFile("s");

	private final int secure = Instance.freePort();

	private final Application application = Sample.managedByTls()
		.args("--server.http2.enabled=true", "--management.server.port=" + this.secure,
				"--management.server.address=127.0.0.1", "--pingora.close-timeout=150ms", "--pingora.grace-period=8s",
				"--spring.reactor.netty.shutdown-quiet-period=0s")
		.jvmOptions(Sample.ALWAYS_READS_ON)
		.upgradeSocket(this.socket);

	/** Those that still drain, and the one that serves. */
	private final Deque<Instance> alive = new ArrayDeque<>();

	private int overlapping;

	@Test
	void upgradesLoseNothingAndWearNothingOut() throws IOException {
		System.out.printf("Soak: %d upgrades, seed %d%n", UPGRADES, SEED);
		this.alive.add(this.application.start());
		serving().awaitLog("serves and can be upgraded");
		long began = System.nanoTime();
		try {
			Totals totals = new Totals();
			upgrade(2, totals);
			Figures second = figures();
			System.out.println("generation 2: " + second);
			upgrade(UPGRADES - 2, totals);
			Figures last = figures();
			double seconds = (System.nanoTime() - began) / 1e9;
			String report = "%d upgrades in %.0f s, %d of them while a predecessor drained; %s%ngeneration 2: %s%ngeneration %d: %s%n"
				.formatted(UPGRADES, seconds, this.overlapping, totals, second, UPGRADES, last);
			System.out.println(report);
			Files.writeString(Path.of("target/soak.txt"), report);
			last.assertNoMoreThan(second);
		}
		finally {
			this.alive.forEach(Instance::close);
		}
	}

	private Instance serving() {
		return this.alive.getLast();
	}

	/**
	 * Upgrade under load, and end the load.
	 */
	private void upgrade(int times, Totals totals) throws IOException {
		try (MixedLoad load = new MixedLoad(serving().port(), this.secure)) {
			for (int i = 1; i <= times; i++) {
				upgrade();
				load.awaitAnswers(serving(), 20);
				load.assertNothingLost();
				if (i % TELL_EVERY == 0) {
					System.out.printf("%d upgrades, %s%n", i, load);
				}
			}
			// Each generation whose figures are compared has served the same.
			load.awaitAnswers(serving(), 500);
			load.stop();
			load.assertNothingLost();
			totals.add(load);
		}
		while (this.alive.size() > 1) {
			awaitExitOfTheEldest();
		}
	}

	private void upgrade() {
		Instance incumbent = serving();
		while (this.alive.size() >= GENERATIONS_AT_ONCE) {
			awaitExitOfTheEldest();
		}
		Instance successor = this.application.successor().start();
		this.alive.add(successor);
		successor.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
		Await.pause(this.random.nextInt(500));
		// Exited ones count no more.
		this.alive.removeIf((instance) -> instance != successor && instance != incumbent && hasExited(instance));
		if (this.alive.size() >= GENERATIONS_AT_ONCE) {
			this.overlapping++;
		}
		incumbent.quit();
		successor.awaitLog("accepts, generation");
		if (this.random.nextInt(6) == 0) {
			while (this.alive.size() > 1) {
				awaitExitOfTheEldest();
			}
		}
	}

	private static boolean hasExited(Instance instance) {
		if (instance.isAlive()) {
			return false;
		}
		assertThat(instance.awaitExit()).as("exit code of %s", instance).isZero();
		return true;
	}

	private void awaitExitOfTheEldest() {
		Instance eldest = this.alive.getFirst();
		assertThat(eldest.awaitExit()).as("exit code of %s", eldest).isZero();
		this.alive.removeFirst();
	}

	/**
	 * What the instance that serves has, once all clients are gone.
	 */
	private Figures figures() {
		return Figures.settled(serving(), this.secure, this.socket.resolveSibling("."), Duration.ofSeconds(30));
	}

	/**
	 * What the parts of the load came to.
	 */
	private static final class Totals {

		private final StringBuilder text = new StringBuilder();

		private void add(MixedLoad load) {
			this.text.append((this.text.length() > 0) ? "; then " : "").append(load);
		}

		@Override
		public String toString() {
			return this.text.toString();
		}

	}

}
