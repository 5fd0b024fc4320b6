package io.github.gracefulupgrade.netty;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.handover.Connections.Established;
import io.github.gracefulupgrade.handover.Descriptor;
import io.netty.channel.Channel;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * The way of one connection to the successor: whether it may go at all, when, and how.
 * When it is ready to go, it is between requests and at rest, is for its owner to say.
 * <p>
 * All state is the connection's event loop's, except where it says otherwise.
 */
final class ConnectionMove {

	private final Channel channel;

	private final ListenerTraits listener;

	private final ConnectionTracker tracker;

	private final Owner owner;

	/**
	 * Whether this connection stays where it is for as long as the drain is on: there was
	 * no descriptor left to send.
	 */
	private boolean staying;

	/**
	 * Read on any thread.
	 */
	private volatile boolean underWay;

	/**
	 * The drain in which this connection has, or had, a moment of its own.
	 */
	private @Nullable Drain awaiting;

	/**
	 * That moment, as {@link System#nanoTime()}.
	 */
	private long moment;

	ConnectionMove(Channel channel, ListenerTraits listener, ConnectionTracker tracker, Owner owner) {
		this.channel = channel;
		this.listener = listener;
		this.tracker = tracker;
		this.owner = owner;
	}

	/**
	 * Whether this connection may be handed over at all: not with a handler that may hold
	 * state, which nobody would move.
	 */
	boolean isPossible(Drain drain) {
		return this.listener.movable() && !this.staying && drain.moves(this.listener.name())
				&& !isLinkLocal(this.channel.remoteAddress()) && this.channel.pipeline().get(SslHandler.class) == null
				&& hasStatelessHandlersOnly(drain);
	}

	private boolean hasStatelessHandlersOnly(Drain drain) {
		String other = this.tracker.statelessHandlers().findOther(this.channel.pipeline());
		if (other != null) {
			drain.staysBecauseOf(other);
		}
		return other == null;
	}

	/**
	 * The scope of such an address is a number of this machine's that its text does not
	 * carry in a form worth relying on.
	 */
	private static boolean isLinkLocal(SocketAddress address) {
		return !(address instanceof InetSocketAddress inet) || inet.getAddress().isLinkLocalAddress();
	}

	/**
	 * Whether the moment is still to come from which this connection is handed over. The
	 * owner is told when it is there.
	 */
	boolean isEarly(Drain drain) {
		if (!drain.isSpread()) {
			return false;
		}
		if (this.awaiting != drain) {
			this.awaiting = drain;
			this.moment = drain.nextMoment();
			this.channel.eventLoop().schedule(this.owner::drain, this.moment - System.nanoTime(), TimeUnit.NANOSECONDS);
		}
		return this.moment - System.nanoTime() > 0;
	}

	/**
	 * Hand this connection over. In one go on the event loop, so that no byte is read in
	 * between: the duplicate keeps the connection open, what is unread stays in the
	 * kernel, and no FIN is sent. Only then is it sent: at no time do two processes read.
	 * @return whether it went; if not, it stays for as long as the drain is on
	 */
	boolean begin(Drain drain) {
		String remote = Addresses.text(this.channel.remoteAddress());
		Descriptor duplicate;
		try {
			duplicate = this.tracker.duplicate(((UnixChannel) this.channel).fd().intValue());
		}
		catch (RuntimeException ex) {
			// Out of descriptors: this one drains.
			this.staying = true;
			return false;
		}
		this.underWay = true;
		this.owner.leave();
		try {
			drain.moving(new Established(this.listener.name(), remote, duplicate));
		}
		finally {
			this.underWay = false;
			this.owner.left();
		}
		return true;
	}

	/**
	 * Whether the connection is closed here and not yet on its way. Until it is, there is
	 * something left to drain. May be called from any thread.
	 */
	boolean isUnderWay() {
		return this.underWay;
	}

	/**
	 * The drain was called off: in the next one there may be descriptors again.
	 */
	void callOff() {
		this.staying = false;
	}

	/**
	 * Whose connection it is. Called on the event loop.
	 */
	interface Owner {

		/**
		 * The moment has come: see whether the connection is ready to go.
		 */
		void drain();

		/**
		 * Close the connection here, at once; another descriptor keeps it open.
		 */
		void leave();

		/**
		 * The connection is on its way.
		 */
		void left();

	}

}
