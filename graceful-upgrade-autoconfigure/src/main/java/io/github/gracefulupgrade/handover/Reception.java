package io.github.gracefulupgrade.handover;

import java.util.List;
import java.util.function.LongPredicate;

import io.github.gracefulupgrade.handover.Message.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * Where an incumbent answers those who come and say what they want: to take over, or to
 * know whether they could. Has no state.
 */
final class Reception {

	private final Ports ports;

	private final Settings settings;

	private final LongPredicate toEnd;

	/**
	 * Create it.
	 * @param ports what it needs of the world
	 * @param settings who this is
	 * @param toEnd whether a process was told to end by this instance, and so must not
	 * come again
	 */
	Reception(Ports ports, Settings settings, LongPredicate toEnd) {
		this.ports = ports;
		this.settings = settings;
		this.toEnd = toEnd;
	}

	/**
	 * Somebody said HELLO or TRIAL: answer.
	 * @param successor the successor that is there, or {@code null}
	 * @return the new successor if this is one and it is welcome, else {@code null}
	 */
	@Nullable Candidate greeted(Peer peer, Message greeting, IncumbentState state, @Nullable Candidate successor,
			int generation) {
		if (state == IncumbentState.STARTING) {
			// Its own take-over is not complete: who comes now comes again.
			peer.close();
		}
		else if (greeting instanceof Message.Hello hello) {
			Message.Refused refused = refusal(hello.version(), hello.pid(), state, successor);
			if (refused == null) {
				return welcome(peer, hello, generation);
			}
			this.ports.journal()
				.warn("Incumbent pid=%d refused successor pid=%d: %s".formatted(this.settings.pid(), hello.pid(),
						refused.text()));
			peer.send(refused);
			peer.close();
		}
		else if (greeting instanceof Message.Trial trial) {
			answer(peer, trial, refusal(trial.version(), trial.pid(), state, successor));
		}
		return null;
	}

	private Candidate welcome(Peer peer, Message.Hello hello, int generation) {
		this.ports.journal()
			.info("Successor pid=%d (%s) connected to incumbent pid=%d and is being built".formatted(hello.pid(),
					hello.application(), this.settings.pid()));
		Candidate candidate = new Candidate(peer, hello.pid());
		peer.send(new Message.Welcome(Message.PROTOCOL_VERSION, this.settings.pid(), generation));
		return candidate;
	}

	private void answer(Peer peer, Message.Trial trial, Message.@Nullable Refused refused) {
		if (refused != null || trial.built()) {
			this.ports.journal()
				.info("pid=%d (%s) tries whether it could take over from incumbent pid=%d: %s".formatted(trial.pid(),
						trial.application(), this.settings.pid(),
						(refused != null) ? "no, " + refused.text() : "it would be welcome"));
		}
		List<Message.Listener> listeners = this.ports.listeners().current();
		peer.send((refused != null) ? refused : new Message.Terms(Message.PROTOCOL_VERSION, this.settings.pid(),
				listeners.subList(0, Math.min(listeners.size(), Message.Terms.MOST))));
		peer.close();
	}

	/**
	 * Why a process is not welcome as a successor now.
	 * @return the refusal, or {@code null} if it is welcome
	 */
	private Message.@Nullable Refused refusal(int version, long candidate, IncumbentState state,
			@Nullable Candidate successor) {
		long pid = this.settings.pid();
		if (version != Message.PROTOCOL_VERSION) {
			return new Message.Refused(Refusal.VERSION, pid,
					"incumbent pid=%d speaks version %d of the protocol, pid=%d speaks version %d".formatted(pid,
							Message.PROTOCOL_VERSION, candidate, version));
		}
		if (this.toEnd.test(candidate)) {
			return new Message.Refused(Refusal.BUSY, pid,
					"pid=%d was started by incumbent pid=%d, and told to end".formatted(candidate, pid));
		}
		long other = (successor != null) ? successor.pid() : -1;
		return switch (state) {
			case STARTING, SERVING, GATHERING, OFFERED, COMMITTED, RECLAIMING -> (successor == null) ? null
					: new Message.Refused(Refusal.BUSY, other, "successor pid=%d is already there".formatted(other));
			case CLOSING, DRAINING, LEAVING, GONE -> new Message.Refused(Refusal.LEAVING, pid,
					"incumbent pid=%d handed over to pid=%d already".formatted(pid, other));
			case STOPPING ->
				new Message.Refused(Refusal.LEAVING, pid, "incumbent pid=%d is shutting down".formatted(pid));
		};
	}

}
