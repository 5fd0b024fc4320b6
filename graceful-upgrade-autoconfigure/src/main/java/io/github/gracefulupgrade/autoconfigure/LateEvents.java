package io.github.gracefulupgrade.autoconfigure;

import java.util.function.Supplier;

import io.github.gracefulupgrade.handover.Handover;
import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Peer;

/**
 * What an upgrade socket reports, to a handover that is made after it.
 */
final class LateEvents implements Peer.Events {

	private final Supplier<Handover> handover;

	/**
	 * Create the link.
	 * @param handover asked with each event, of which there are none before it is there
	 */
	LateEvents(Supplier<Handover> handover) {
		this.handover = handover;
	}

	@Override
	public void connected(Peer peer) {
		this.handover.get().connected(peer);
	}

	@Override
	public void received(Peer peer, Message message) {
		this.handover.get().received(peer, message);
	}

	@Override
	public void disconnected(Peer peer, String reason) {
		this.handover.get().disconnected(peer, reason);
	}

}
