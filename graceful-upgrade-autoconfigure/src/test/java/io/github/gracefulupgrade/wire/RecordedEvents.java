package io.github.gracefulupgrade.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Peer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Keeps what happened on connections, in order.
 */
final class RecordedEvents implements Peer.Events {

	final BlockingQueue<Peer> connected = new LinkedBlockingQueue<>();

	final BlockingQueue<Message> received = new LinkedBlockingQueue<>();

	final BlockingQueue<String> disconnected = new LinkedBlockingQueue<>();

	final List<String> log = new CopyOnWriteArrayList<>();

	@Override
	public void connected(Peer peer) {
		this.log.add("connected");
		this.connected.add(peer);
	}

	@Override
	public void received(Peer peer, Message message) {
		this.log.add(message.kind());
		this.received.add(message);
	}

	@Override
	public void disconnected(Peer peer, String reason) {
		this.log.add("disconnected");
		this.disconnected.add(reason);
	}

	Peer awaitConnected() throws InterruptedException {
		return next(this.connected, "connected");
	}

	Message awaitReceived() throws InterruptedException {
		return next(this.received, "received");
	}

	<M extends Message> M awaitReceived(Class<M> type) throws InterruptedException {
		Message message = awaitReceived();
		assertThat(message).isInstanceOf(type);
		return type.cast(message);
	}

	String awaitDisconnected() throws InterruptedException {
		return next(this.disconnected, "disconnected");
	}

	private <T> T next(BlockingQueue<T> queue, String what) throws InterruptedException {
		T next = queue.poll(Await.TIMEOUT.toSeconds(), TimeUnit.SECONDS);
		assertThat(next).as("%s after %s", what, new ArrayList<>(this.log)).isNotNull();
		return next;
	}

}
