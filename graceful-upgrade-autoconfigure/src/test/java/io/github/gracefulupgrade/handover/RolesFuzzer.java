package io.github.gracefulupgrade.handover;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Fuzz target: frames that are valid, in any order, at any time, from peers that keep to
 * no protocol, to both roles. The input is a list of such things, a byte or two for each.
 * Whatever comes: nothing that must always be true is broken, the incumbent serves on and
 * can be upgraded, the successor serves or ends, and no descriptor is left.
 */
public final class RolesFuzzer {

	private static final int MAX_EVENTS = 300;

	private static final Duration[] TIMES = { Duration.ofMillis(60), Duration.ofSeconds(1), Duration.ofSeconds(4),
			Duration.ofSeconds(6), Duration.ofSeconds(31), Duration.ofSeconds(75) };

	private final World world = new World();

	private final byte[] input;

	private int at;

	private RolesFuzzer(byte[] input) {
		this.input = input;
	}

	public static void fuzzerTestOneInput(byte[] input) {
		RolesFuzzer fuzzer = new RolesFuzzer(input);
		int role = fuzzer.next();
		if (role % 3 == 0) {
			fuzzer.incumbent();
		}
		else {
			fuzzer.successor((role % 3 == 1) ? Mode.SUCCESSOR : Mode.AUTO);
		}
		if (fuzzer.world.descriptors.stream()
			.anyMatch((held) -> held.owner instanceof Instance && !held.gone
					&& held.closed + (held.adopted ? 1 : 0) != 1)) {
			throw new AssertionError("A descriptor has no owner");
		}
	}

	private int next() {
		return (this.at < this.input.length) ? this.input[this.at++] & 0xff : 0;
	}

	private boolean hasNext() {
		return this.at < Math.min(this.input.length, MAX_EVENTS);
	}

	// --- an incumbent, and three that connect

	private void incumbent() {
		Instance incumbent = this.world.instance(Mode.COLD).begin();
		incumbent.movable = Set.of("http");
		incumbent.belongings.has(1);
		this.world.settle();
		this.world.client(incumbent, Duration.ofSeconds(3));
		List<Script> scripts = new ArrayList<>();
		while (hasNext()) {
			int what = next();
			Script script = scripts.isEmpty() ? null : scripts.get(what % scripts.size());
			switch (what >> 3) {
				case 0, 1 -> {
					if (scripts.size() < 3 && this.world.answers()) {
						scripts.add(Script.connectedTo(this.world));
					}
				}
				case 2 -> incumbent.handover.signalled();
				case 3 -> incumbent.requested();
				case 4 -> this.world.pass(TIMES[next() % TIMES.length]);
				case 5 -> leaves(script);
				case 6 -> lock(script);
				case 7 -> {
					if (script != null && this.world.lockHolder == script) {
						script.takesThePath();
					}
				}
				case 8 -> {
					if (script != null) {
						script.saysGarbage();
					}
				}
				case 9 -> incumbent.isStopped(!incumbent.isStopped());
				default -> say(script, what);
			}
			this.world.settle();
		}
		incumbent.isStopped(false);
		scripts.forEach(this::leaves);
		this.world.pass(Duration.ofMinutes(10));
		if (incumbent.alive()) {
			this.world.endsWith(incumbent);
			this.world.isUpgraded(incumbent);
		}
		else if (incumbent.exitCode() == null || incumbent.exitCode() != 0) {
			throw new AssertionError("The incumbent ended with " + incumbent.exitCode());
		}
	}

	private void lock(@Nullable Script script) {
		if (script != null && this.world.lockHolder == null) {
			script.lock();
		}
	}

	/**
	 * As a process that dies.
	 */
	private void leaves(@Nullable Script script) {
		if (script != null) {
			script.dies();
		}
	}

	// --- a successor, and somebody who poses as an incumbent

	private void successor(Mode mode) {
		Script script = Script.incumbent(this.world);
		Instance successor = this.world.instance(mode);
		successor.movable = Set.of("http");
		successor.belongings.has(1);
		successor.begin();
		this.world.settle();
		while (hasNext() && successor.alive()) {
			int what = next();
			switch (what >> 3) {
				case 0 -> {
					if (this.world.lockHolder == script) {
						script.unlock();
					}
				}
				case 1 -> lock(script);
				case 2, 3 -> this.world.pass(TIMES[next() % TIMES.length]);
				case 4 -> script.hangsUpIfConnected();
				case 5 -> script.saysGarbage();
				case 6 -> successor.isStopped(!successor.isStopped());
				case 7 -> successor.handover.signalled();
				default -> say(script, what);
			}
			this.world.settle();
		}
		successor.isStopped(false);
		script.dies();
		this.world.pass(Duration.ofMinutes(10));
		if (successor.alive()) {
			this.world.endsWith(successor);
			this.world.isUpgraded(successor);
		}
		else if (successor.exitCode() == null || successor.exitCode() != 1) {
			throw new AssertionError("The successor ended with " + successor.exitCode());
		}
	}

	// --- frames

	private void say(@Nullable Script script, int what) {
		if (script != null && script.isConnected()) {
			script.says(message(what % 18, script.pid));
		}
	}

	private Message message(int kind, long pid) {
		return switch (kind) {
			case 0 -> new Message.Hello(1 + next() / 250, pid, "fuzzer");
			case 1 -> new Message.Welcome(1 + next() / 250, pid, next());
			case 2 -> new Message.Refused(Message.Refusal.values()[next() % 4], pid, "no");
			case 3 -> new Message.Waiting();
			case 4 -> {
				int names = next();
				yield new Message.Offer(names(names).stream()
					.map((name) -> new Message.Listener(name, name, name, Descriptor.borrowed(0)))
					.toList(), names > 200);
			}
			case 5 -> new Message.Ready(names(next()));
			case 6 -> new Message.Failed("because");
			case 7 -> new Message.Withdrawn(next() > 127, "because");
			case 8 -> new Message.Commit();
			case 9 -> new Message.StatePart("application", "state", ByteBuffer.allocate(next()), next() > 127);
			case 10 ->
				new Message.OpenFiles(List.of(new Belongings.Open("application", "file", Descriptor.borrowed(0))));
			case 11 -> new Message.Accepting(names(next()), next());
			case 12 ->
				new Message.Handoff(List.of(new Connections.Established("http", "stranger", Descriptor.borrowed(0))));
			case 13 -> new Message.Received(next() % 33, next());
			case 14 -> new Message.Enough();
			case 15 -> new Message.Farewell(new Connections.Drained(next(), 0, 0, 0, 0, 0), 0, 0);
			case 16 -> new Message.Goodbye();
			default -> new Message.Waiting();
		};
	}

	private static List<String> names(int which) {
		return List.of("http", "management", "other").subList(which % 2, which % 4 == 3 ? 3 : 1 + which % 2);
	}

}
