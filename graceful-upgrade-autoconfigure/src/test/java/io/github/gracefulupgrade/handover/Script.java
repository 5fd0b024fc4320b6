package io.github.gracefulupgrade.handover;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that says what a test wants it to say, in the one role or the other.
 */
final class Script implements World.Party {

	private final World world;

	final long pid;

	final List<Message> heard = new ArrayList<>();

	@Nullable String ended;

	private Connection.@Nullable End end;

	Script(World world) {
		this.world = world;
		this.pid = world.newPid();
	}

	/**
	 * Connects to whoever is at the path.
	 */
	static Script connectedTo(World world) {
		Script script = new Script(world);
		script.end = world.connect(script);
		world.settle();
		return script;
	}

	/**
	 * Stands at the path and holds the lock.
	 */
	static Script incumbent(World world) {
		Script script = new Script(world);
		world.path = new World.Door(script);
		script.lock();
		return script;
	}

	void takesThePath() {
		this.world.path = new World.Door(this);
	}

	void lock() {
		this.world.lockHolder = this;
		this.world.lockNote = java.util.OptionalLong.of(this.pid);
	}

	void unlock() {
		this.world.lockHolder = null;
	}

	Script says(Message message) {
		end().send(message);
		this.world.settle();
		return this;
	}

	Script saysHello() {
		return says(new Message.Hello(Message.PROTOCOL_VERSION, this.pid, "script"));
	}

	/**
	 * Goes all the way of a successor up to READY.
	 */
	Script saysHelloWaitsAndIsOffered(Instance incumbent) {
		saysHello().says(new Message.Waiting());
		incumbent.handover.signalled();
		this.world.settle();
		assertThat(lastHeard()).isInstanceOf(Message.Offer.class);
		return this;
	}

	void saysGarbage() {
		if (!isConnected()) {
			return;
		}
		end().garbage();
		this.world.settle();
	}

	void hangsUp() {
		end().close();
		this.world.settle();
	}

	void hangsUpIfConnected() {
		if (isConnected()) {
			hangsUp();
		}
	}

	boolean isConnected() {
		return this.end != null && this.end.isOpen();
	}

	void dies() {
		if (this.world.path != null && this.world.path.owner == this) {
			this.world.path.open = false;
		}
		this.world.closeAllOf(this, java.time.Duration.ZERO);
		this.world.settle();
	}

	Message lastHeard() {
		return this.heard.get(this.heard.size() - 1);
	}

	private Connection.End end() {
		assertThat(this.end).as("the connection of %s", this).isNotNull();
		return this.end;
	}

	@Override
	public boolean alive() {
		return true;
	}

	@Override
	public boolean runs() {
		return true;
	}

	@Override
	public void connected(Peer peer) {
		this.end = (Connection.End) peer;
	}

	@Override
	public void received(Peer peer, Message message) {
		this.heard.add(message);
		Message.discard(message);
	}

	@Override
	public void disconnected(Peer peer, String reason) {
		this.ended = reason;
	}

	@Override
	public String toString() {
		return "script pid=" + this.pid;
	}

}
