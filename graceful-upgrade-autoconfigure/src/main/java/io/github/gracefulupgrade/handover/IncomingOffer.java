package io.github.gracefulupgrade.handover;

import java.util.ArrayList;
import java.util.List;

/**
 * What the incumbent offers, on its way in: the application's belongings first, then the
 * listeners, in as many messages as it takes. It owns the descriptors that came, until
 * all of it is adopted or given up.
 * <p>
 * All state is the control thread's.
 */
final class IncomingOffer {

	private final Ports ports;

	private final List<Message.Listener> listeners = new ArrayList<>();

	private final Luggage luggage;

	IncomingOffer(Ports ports) {
		this.ports = ports;
		this.luggage = new Luggage(ports.belongings().maxStateBytes());
	}

	/**
	 * Take a part of a state, or descriptors.
	 * @return whether it was one, and acceptable; if not, it is the caller's still
	 */
	boolean addBelongings(Message belongings) {
		return (belongings instanceof Message.StatePart part && this.luggage.add(part))
				|| (belongings instanceof Message.OpenFiles files && this.luggage.add(files));
	}

	/**
	 * Take listeners.
	 * @return whether these were the last, and the offer is complete
	 */
	boolean addListeners(Message.Offer message) {
		this.listeners.addAll(message.listeners());
		return !message.more();
	}

	List<Message.Listener> listeners() {
		return List.copyOf(this.listeners);
	}

	/**
	 * Adopt all that came: the web servers take the listeners when they start, the
	 * application its belongings.
	 * @param incumbent who sent it
	 */
	void adopt(Predecessor incumbent) {
		List<Message.Listener> offered = listeners();
		this.listeners.clear();
		this.luggage.tooLarge()
			.forEach((contributor) -> this.ports.journal()
				.warn("UpgradeContributor '%s' of incumbent pid=%d sent more than this instance takes (pingora.state.max-size); the upgrade goes on without it"
					.formatted(contributor, incumbent.pid())));
		this.ports.listeners().inherit(offered);
		this.ports.belongings().receive(this.luggage.unpack());
	}

	/**
	 * Close what came and was not adopted.
	 */
	void giveUp() {
		this.listeners.forEach((listener) -> listener.descriptor().close());
		this.listeners.clear();
		this.luggage.discard();
	}

}
