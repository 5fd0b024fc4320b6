package io.github.gracefulupgrade.wire;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Peer;
import io.github.gracefulupgrade.handover.UpgradeSocketException;

/**
 * What the other process does in a test: one thing by its first argument, then it prints
 * what happens and obeys what it is told, until its input ends.
 */
public final class ChildMain {

	private ChildMain() {
	}

	/**
	 * Run.
	 * @param arguments what to do, and the path of the upgrade socket
	 * @throws Exception if anything goes wrong
	 */
	public static void main(String[] arguments) throws Exception {
		Path path = Path.of(arguments[1]);
		RecordedEvents events = new RecordedEvents();
		BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
		try (UnixUpgradeSocket socket = new UnixUpgradeSocket(path, events);
				FileOwnershipLock lock = new FileOwnershipLock(path)) {
			switch (arguments[0]) {
				case "lock" -> {
					say(lock.tryAcquire() ? "held" : "busy");
					for (String order = orders.readLine(); order != null; order = orders.readLine()) {
						switch (order) {
							case "release" -> {
								lock.release();
								say("released");
							}
							case "take" -> say(lock.tryAcquire() ? "held" : "busy");
							default -> throw new IllegalArgumentException(order);
						}
					}
				}
				case "check" -> attempt(socket::check);
				case "connect" -> attempt(() -> {
					Peer peer = socket.connect();
					peer.send(new Message.Hello(1, ProcessHandle.current().pid(), "child"));
				});
				case "publish" -> attempt(socket::publish);
				case "many" -> many(socket, events);
				default -> throw new IllegalArgumentException(arguments[0]);
			}
			Thread reporter = new Thread(() -> report(events));
			reporter.setDaemon(true);
			reporter.start();
			while (orders.readLine() != null) {
				// Waits for its end.
			}
		}
		System.exit(0);
	}

	/**
	 * Send so many descriptors that the kernel says that too many are in flight, if the
	 * other side does not receive them.
	 */
	private static void many(UnixUpgradeSocket socket, RecordedEvents events) {
		List<Message.Listener> listeners = IntStream.range(0, 32)
			.mapToObj((i) -> new Message.Listener("l" + i, "", "", Descriptor.borrowed(1)))
			.toList();
		Peer peer = socket.connect();
		for (int i = 0; i < 10 && events.disconnected.isEmpty(); i++) {
			peer.send(new Message.Offer(listeners, true));
			say("sent " + i);
		}
	}

	private static void report(RecordedEvents events) {
		try {
			Message message = events.received.take();
			say((message instanceof Message.Refused refused) ? refused.reason() + ": " + refused.text()
					: message.kind());
			say("disconnected: " + events.disconnected.take());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void attempt(Runnable action) {
		try {
			action.run();
			say("ok");
		}
		catch (UpgradeSocketException ex) {
			say(ex.getProblem() + " " + ex.getMessage());
		}
	}

	private static void say(String line) {
		System.out.println(line);
		System.out.flush();
	}

}
