package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.function.Function;

import io.github.gracefulupgrade.it.Debugger.Pause;
import io.github.gracefulupgrade.it.FaultMatrix.Row;
import io.github.gracefulupgrade.it.FaultStep.Side;
import io.github.gracefulupgrade.test.Instance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Makes a fault of the {@link FaultMatrix} happen while a thread is held at its step.
 */
final class FaultInjection {

	/** How many connections the queue of the testbed holds. */
	static final int BACKLOG = 16;

	/**
	 * Longer than each timeout of {@link FaultRun}, and than those that are constants.
	 */
	private static final int STOPPED_SECONDS = 17;

	private final Row row;

	private final Instance incumbent;

	private final Instance successor;

	private final Pause pause;

	private final Path files;

	private final Crowd crowd;

	private final Function<Instance, Debugger> debuggers;

	/**
	 * Create a fault that has not happened.
	 * @param files the folder of the socket and the pid file
	 * @param crowd gets the clients that do not fit into the queue
	 * @param debuggers know the debugger of each instance
	 */
	FaultInjection(Row row, Instance incumbent, Instance successor, Pause pause, Path files, Crowd crowd,
			Function<Instance, Debugger> debuggers) {
		this.row = row;
		this.incumbent = incumbent;
		this.successor = successor;
		this.pause = pause;
		this.files = files;
		this.crowd = crowd;
		this.debuggers = debuggers;
	}

	/**
	 * Do it, and let the thread go on that is held.
	 */
	void inject() throws IOException {
		Row row = this.row;
		Pause pause = this.pause;
		Instance victim = (row.step().victim() == Side.SUCCESSOR) ? this.successor : this.incumbent;
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
				Debugger debugger = this.debuggers.apply(victim);
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
				Path away = this.files.resolveSibling("away");
				Files.move(this.files, away);
				pause.open();
				victim.awaitExit();
				Files.move(away, this.files);
			}
			case DISK_FULL -> limit(victim, "--fsize=0:");
			case NO_DESCRIPTORS -> starve();
			case LISTENER_THROWS, LISTENER_OUT_OF_MEMORY, OUT_OF_MEMORY -> victim.awaitLog("Told to be in trouble");
			case FULL_ACCEPT_QUEUE -> {
				this.successor.suspend();
				this.incumbent.suspend();
				this.crowd.connect(this.incumbent.port(), 3 * BACKLOG);
				Await.until(() -> assertThat(Listeners.unread(this.incumbent.port())).isPositive());
				this.incumbent.resume();
				this.successor.resume();
			}
		}
		pause.open();
	}

	private static void write(Mirror peer, int... bytes) {
		peer.field("duplicate").call("getOutputStream", "()").call("write", "([B)", peer.bytes(bytes));
	}

	private void starve() throws IOException {
		Instance successor = this.successor;
		// The limit is one for numbers, of which the kernel gives the lowest that is
		// free.
		long free = 0;
		while (Files.exists(Path.of("/proc/" + successor.pid() + "/fd/" + free), LinkOption.NOFOLLOW_LINKS)) {
			free++;
		}
		limit(successor, "--nofile=" + free + ":");
		this.pause.open();
		// Whatever comes of it has come by then.
		this.incumbent.awaitLog("drained in|Upgrade failed");
		if (successor.isAlive()) {
			limit(successor, "--nofile=4096:");
		}
	}

	/**
	 * Change a limit of a process, as prlimit takes it.
	 */
	static void limit(Instance instance, String limit) throws IOException {
		Process process = new ProcessBuilder("prlimit", "--pid", Long.toString(instance.pid()), limit).inheritIO()
			.start();
		assertThat(process.onExit().join().exitValue()).as("prlimit").isZero();
	}

}
