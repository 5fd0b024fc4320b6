package io.github.gracefulupgrade.handover;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A connection over the upgrade socket: delivers in order, ends with the process at
 * either end, and carries descriptors as the kernel does, as new ones of the receiver's.
 */
final class Connection {

	private Connection() {
	}

	/**
	 * Connect to a door.
	 * @return the connecting end
	 */
	static End open(World world, World.Party client, World.Door door) {
		End one = new End(world, client, null);
		End other = new End(world, door.owner, door);
		one.other = other;
		other.other = one;
		world.ends.add(one);
		world.ends.add(other);
		other.inbox.add(new Event(null, null));
		return one;
	}

	/**
	 * One end of a connection: the {@link Peer} as its process sees it.
	 */
	static final class End implements Peer {

		private final World world;

		final World.Party party;

		/**
		 * Where it came in, until it is accepted.
		 */
		World.@Nullable Door door;

		@SuppressWarnings("NullAway.Init")
		End other;

		private final Deque<Event> inbox = new ArrayDeque<>();

		private boolean closed;

		/**
		 * Whether what comes to this end is still on its way.
		 */
		boolean delayed;

		private End(World world, World.Party party, World.@Nullable Door door) {
			this.world = world;
			this.party = party;
			this.door = door;
		}

		@Override
		public boolean send(Message message) {
			if (this.closed || this.other.closed) {
				return false;
			}
			this.other.inbox.add(new Event(message, null));
			return true;
		}

		@Override
		public void close() {
			if (this.closed) {
				return;
			}
			this.closed = true;
			this.inbox.clear();
			this.inbox.add(new Event(null, "this process closed the connection"));
			this.other.peerClosed();
		}

		/**
		 * The peer sends what is no message.
		 */
		void garbage() {
			this.other.inbox.add(new Event(null, "the peer sent garbage: frame type 99"));
		}

		void closedByKernel() {
			this.world.ends.remove(this);
			if (!this.closed) {
				this.closed = true;
				this.other.peerClosed();
			}
		}

		void broken() {
			this.inbox.clear();
			this.other.inbox.clear();
			this.inbox.add(new Event(null, "the connection failed"));
			this.other.inbox.add(new Event(null, "the connection failed"));
		}

		boolean hasSomethingOnItsWay() {
			return !this.inbox.isEmpty() && !this.delayed;
		}

		boolean isOpen() {
			return !this.closed;
		}

		void mix(Fingerprint state) {
			state.add(this.party).add(this.closed).add(this.delayed).add(this.door != null).add(this.inbox.size());
			this.inbox.forEach(state::add);
		}

		private void peerClosed() {
			if (!this.closed) {
				this.inbox.add(new Event(null, "the peer closed the connection"));
			}
		}

		/**
		 * The next event, if the process runs to hear it.
		 */
		void steps(List<World.Step> steps) {
			Event event = this.inbox.peek();
			if (event != null && !this.delayed && this.party.runs()) {
				steps.add(new World.Step("%s hears %s".formatted(this.party, event), this::deliver));
			}
		}

		private void deliver() {
			Event event = this.inbox.remove();
			if (event.message != null) {
				this.party.received(this, arrived(event.message));
			}
			else if (event.end != null) {
				this.inbox.clear();
				this.closedByKernel();
				this.party.disconnected(this, event.end);
			}
			else {
				this.door = null;
				this.party.connected(this);
			}
		}

		/**
		 * The descriptors get their numbers in the process where they arrive.
		 */
		private Message arrived(Message message) {
			if (message instanceof Message.Offer offer) {
				return new Message.Offer(offer.listeners()
					.stream()
					.map((listener) -> new Message.Listener(listener.name(), listener.requested(), listener.bound(),
							this.world.arrive(this.party, listener.name())))
					.toList(), offer.more());
			}
			if (message instanceof Message.OpenFiles files) {
				return new Message.OpenFiles(files.descriptors()
					.stream()
					.map((open) -> new Belongings.Open(open.contributor(), open.name(),
							this.world.arrive(this.party, open.name())))
					.toList());
			}
			if (message instanceof Message.Handoff handoff) {
				return new Message.Handoff(handoff.connections()
					.stream()
					.map((connection) -> new Connections.Established(connection.listener(), connection.remote(),
							this.world.arrive(this.party, connection.remote())))
					.toList());
			}
			return message;
		}

		/**
		 * Whether a descriptor is on its way to this end.
		 */
		boolean carries(String listener) {
			return this.inbox.stream()
				.anyMatch((event) -> event.message instanceof Message.Offer offer
						&& offer.listeners().stream().anyMatch((offered) -> offered.name().equals(listener)));
		}

	}

	/**
	 * What comes to an end: a message, the end of the connection, or, if neither, its
	 * begin.
	 */
	private record Event(@Nullable Message message, @Nullable String end) {

		@Override
		public String toString() {
			return (this.message != null) ? this.message.kind() : (this.end != null) ? this.end : "a connection";
		}

	}

}
