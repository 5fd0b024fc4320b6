package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.World.Client;
import io.github.gracefulupgrade.handover.World.Job;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The accepted connections of an {@link Instance}: requests in flight for as long as a
 * test says, and {@link Client}s that keep their connection, which is handed over or
 * closed as soon as it is between requests.
 */
final class SimulatedConnections implements Connections {

	/**
	 * How long it takes until a client that keeps its connection sends the next request.
	 */
	private static final Duration NEXT_REQUEST = Duration.ofSeconds(2);

	private final Instance instance;

	/**
	 * The clients that are served here, and until when each is busy.
	 */
	final Map<Client, Duration> clients = new HashMap<>();

	private final List<Job> drain = new ArrayList<>();

	private Duration busyUntil = Duration.ZERO;

	private int room = 1000;

	private boolean movesOn;

	private boolean cancelled = true;

	SimulatedConnections(Instance instance) {
		this.instance = instance;
	}

	/**
	 * The next drain to be cancelled ends at that very moment.
	 */
	void drainIsNotCancelled() {
		this.cancelled = false;
	}

	void busyFor(Duration duration) {
		this.busyUntil = this.instance.now().plus(duration);
	}

	/**
	 * A client keeps a connection, on which a request is in flight.
	 */
	void serves(Client client, Duration busy) {
		this.clients.put(client, this.instance.now().plus(busy));
	}

	void hasRoomFor(int connections) {
		this.room = connections;
	}

	@Override
	public void drain(Plan plan, Consumer<Drained> done) {
		Duration grace = plan.grace();
		this.instance.call("connections.drain");
		assertThat(grace.isNegative()).isFalse();
		this.drain.clear();
		this.movesOn = true;
		Duration takes = left(this.busyUntil);
		for (Client client : this.instance.world.clients) {
			Duration busy = this.clients.get(client);
			if (busy == null) {
				continue;
			}
			boolean movable = plan.movable().contains("http");
			Duration left = left(busy);
			if (!movable && !plan.closeIdle()) {
				left = left.plus(NEXT_REQUEST);
			}
			if (left.compareTo(grace) < 0) {
				this.drain.add(this.instance.elsewhere(left, "a connection is between requests",
						() -> isBetweenRequests(client, plan)));
			}
			takes = (left.compareTo(takes) > 0) ? left : takes;
		}
		boolean cut = takes.compareTo(grace) > 0;
		Duration end = cut ? grace : takes;
		boolean busy = !end.isZero();
		this.drain.add(this.instance.elsewhere(end, "drained", () -> {
			List.copyOf(this.clients.keySet()).forEach((client) -> closed(client, cut ? "cut" : "closed"));
			done.accept(new Drained((busy && !cut) ? 1 : 0, cut ? 1 : 0, 0, 0, 0, 0));
		}));
	}

	private Duration left(Duration until) {
		Duration left = until.minus(this.instance.now());
		return left.isNegative() ? Duration.ZERO : left;
	}

	private void isBetweenRequests(Client client, Plan plan) {
		if (!this.clients.containsKey(client)) {
			return;
		}
		if (this.movesOn && plan.movable().contains("http")) {
			this.clients.remove(client);
			plan.mover()
				.accept(new Established("http", client.name, this.instance.world.arrive(this.instance, client.name)));
		}
		else {
			closed(client, "closed");
		}
	}

	private void closed(Client client, String how) {
		this.clients.remove(client);
		client.end = how;
	}

	@Override
	public void cancelDrain() {
		this.instance.call("connections.cancelDrain");
		if (this.cancelled) {
			this.drain.forEach(this.instance.world::cancel);
		}
		this.drain.clear();
		this.cancelled = true;
	}

	@Override
	public void stopHandingOver() {
		this.instance.call("connections.stopHandingOver");
		this.movesOn = false;
	}

	@Override
	public boolean adopt(Established connection) {
		this.instance.call("connections.adopt");
		return serve(connection);
	}

	@Override
	public boolean takeBack(Established connection) {
		this.instance.call("connections.takeBack");
		return serve(connection);
	}

	private boolean serve(Established connection) {
		Client client = this.instance.world.client(connection.remote());
		if (client == null || client.end != null) {
			// Somebody who had it closed it: there is nothing to serve.
			connection.descriptor().close();
			return true;
		}
		this.instance.world.adopted(connection.descriptor().release());
		this.clients.put(client, Duration.ZERO);
		return true;
	}

	@Override
	public int room() {
		return Math.max(0, this.room - this.clients.size());
	}

	@Override
	public Progress progress() {
		this.instance.call("connections.progress");
		int busy = (this.busyUntil.compareTo(this.instance.now()) > 0) ? 1 : 0;
		return new Progress(busy, busy, Drained.NOTHING);
	}

}
