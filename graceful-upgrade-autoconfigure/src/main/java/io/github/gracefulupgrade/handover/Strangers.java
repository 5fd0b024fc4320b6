package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Processes that connected and have not said who they are.
 */
final class Strangers {

	/**
	 * How many lines about them there are in {@link #INTERVAL} at most.
	 */
	private static final int MOST = 20;

	private static final Duration INTERVAL = Duration.ofSeconds(10);

	private final Ports ports;

	private final Settings settings;

	/**
	 * Each with the end of its time to say so.
	 */
	private final Map<Peer, Alarm> strangers = new HashMap<>();

	private Said said = new Said(Duration.ZERO, 0);

	Strangers(Ports ports, Settings settings) {
		this.ports = ports;
		this.settings = settings;
	}

	void connected(Peer peer) {
		Alarm patience = new Alarm(this.ports.control());
		this.strangers.put(peer, patience);
		patience.set(Incumbent.PROMPT_ANSWER,
				() -> turnAway(peer, "said nothing for %s; closed".formatted(Incumbent.text(Incumbent.PROMPT_ANSWER))));
	}

	/**
	 * A stranger is none any more.
	 * @return whether it was one
	 */
	boolean remove(Peer peer) {
		Alarm patience = this.strangers.remove(peer);
		if (patience != null) {
			patience.off();
		}
		return patience != null;
	}

	/**
	 * Something came from a process that is not the successor. Unless it is HELLO or
	 * TRIAL from a stranger, there is nothing to be said about it.
	 * @return whether a stranger said HELLO or TRIAL
	 */
	boolean saidHello(Peer peer, Message message) {
		boolean stranger = remove(peer);
		if (stranger && (message instanceof Message.Hello || message instanceof Message.Trial)) {
			return true;
		}
		Message.discard(message);
		if (stranger) {
			turnAway(peer, "began with %s instead of HELLO; closed".formatted(message.kind()));
		}
		return false;
	}

	void disconnected(Peer peer, String reason) {
		if (remove(peer)) {
			warn("was no successor: " + reason);
		}
	}

	private void turnAway(Peer peer, String why) {
		this.strangers.remove(peer);
		warn(why);
		peer.close();
	}

	/**
	 * A flood of strangers must not become a flood in the log.
	 */
	private void warn(String why) {
		Duration now = this.ports.control().now();
		Said said = this.said;
		boolean over = (now.minus(said.since()).compareTo(INTERVAL) > 0);
		this.said = over ? new Said(now, 1) : new Said(said.since(), said.count() + 1);
		if (this.said.count() <= MOST) {
			this.ports.journal()
				.warn("A process connected to %s of incumbent pid=%d and %s%s"
					.formatted(this.settings.path(), this.settings.pid(), why, (this.said.count() == MOST)
							? "; what else comes within %s is not logged".formatted(Incumbent.text(INTERVAL)) : ""));
		}
	}

	/**
	 * How many lines there were.
	 */
	private record Said(Duration since, int count) {
	}

}
