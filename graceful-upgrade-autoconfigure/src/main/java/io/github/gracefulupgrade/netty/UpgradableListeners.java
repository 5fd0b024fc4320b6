package io.github.gracefulupgrade.netty;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.gracefulupgrade.handover.Connections.Established;
import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Journal;
import io.github.gracefulupgrade.handover.Listeners;
import io.github.gracefulupgrade.handover.Message;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.epoll.EpollServerSocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of all servers of this application, and those that an incumbent offered
 * and no server has taken yet.
 * <p>
 * Servers bind on the main thread, and the control thread looks: all state is guarded by
 * the monitor of this object, which is never held while something is waited for.
 */
public final class UpgradableListeners implements Listeners {

	private final Journal journal;

	private final ConnectionTracker connections;

	private final InheritedListeners inherited = new InheritedListeners();

	private final ActivatedListeners activated = new ActivatedListeners();

	private final List<Listening> listening = new ArrayList<>();

	private final Acceptance acceptance;

	/**
	 * Whether it is only tried who would take what: nothing is inherited then, and
	 * servers bind where nobody finds them.
	 */
	private boolean rehearsing;

	/**
	 * Create the listeners of an application.
	 * @param journal where it is written what becomes of each listener
	 * @param connections told of every accepted connection
	 * @param ramp whether a successor's share of new connections grows from little to all
	 * while both accept, instead of being up to chance from the beginning
	 */
	public UpgradableListeners(Journal journal, ConnectionTracker connections, boolean ramp) {
		this.journal = journal;
		this.connections = connections;
		this.acceptance = new Acceptance(this.listening, ramp);
		connections.adoptThrough(this::adopt, this::takeBack);
	}

	/**
	 * Shut the gate before any server has bound: this instance accepts only when
	 * {@link #open()} is called.
	 */
	public synchronized void shut() {
		this.acceptance.shut();
	}

	/**
	 * The server channel for a server that binds now: on an inherited listener if there
	 * is one for it, else new and yet to be bound. Called by Reactor Netty, on the thread
	 * that binds.
	 * @param name the server's name
	 * @param address where it is configured to listen
	 * @param movable whether the server's connections may be handed over
	 * @param unbound makes a new channel
	 * @return the channel
	 */
	Channel channel(String name, SocketAddress address, boolean movable, Supplier<Channel> unbound) {
		if (!(address instanceof InetSocketAddress named)) {
			return unbound.get();
		}
		InetSocketAddress inet = Addresses.resolved(named);
		String requested = Addresses.text(inet);
		synchronized (this) {
			Message.Listener listener = this.inherited.take(name, inet);
			Descriptor existing = this.rehearsing ? null
					: (listener != null) ? listener.descriptor() : this.activated.take(name, inet);
			Source source = (listener != null) ? Source.INHERITED
					: (existing != null) ? Source.ACTIVATED : Source.BOUND;
			Channel channel = (existing != null) ? adopt(existing) : unbound.get();
			if (!(channel instanceof EpollServerSocketChannel)) {
				return channel; // not a transport whose listeners could be handed over
			}
			AcceptGate gate = new AcceptGate(existing != null, this.acceptance.isOpen(),
					new ListenerTraits(name, movable), this.connections);
			if (this.rehearsing) {
				gate.hide();
			}
			channel.pipeline().addFirst(gate);
			Listening listening = new Listening(name, requested, channel, gate, movable, source,
					(listener != null) ? listener.name() : null);
			this.listening.add(listening);
			channel.closeFuture().addListener((ChannelFutureListener) (future) -> forget(listening));
			return channel;
		}
	}

	/**
	 * Keep a listening socket that this process was started with, for the server of its
	 * name or address.
	 * @param descriptor the descriptor
	 * @param name its name
	 * @throws IllegalArgumentException if it is no TCP socket that listens
	 */
	public synchronized void activate(int descriptor, String name) {
		this.activated.add(descriptor, name);
	}

	/**
	 * The sockets that this process was started with and no server has taken.
	 * @return each as text
	 */
	public synchronized List<String> leftOver() {
		return this.activated.left();
	}

	private static Channel adopt(Descriptor descriptor) {
		int fd = descriptor.number();
		Channel channel = new EpollServerSocketChannel(fd);
		descriptor.release();
		return channel;
	}

	private synchronized void forget(Listening listening) {
		this.listening.remove(listening);
	}

	@Override
	public synchronized List<Message.Listener> current() {
		return this.listening.stream().filter(Listening::isBound).map(Listening::offer).toList();
	}

	@Override
	public synchronized void inherit(List<Message.Listener> offered) {
		this.inherited.add(offered);
	}

	@Override
	public synchronized void rehearse(List<Message.Listener> incumbents) {
		this.rehearsing = true;
		this.inherited.add(incumbents);
	}

	@Override
	public synchronized List<String> settle() {
		if (this.rehearsing) {
			return compare();
		}
		this.listening.forEach(
				(listener) -> this.journal.info((listener.isInherited() ? "Listener %s %s: handed over by the incumbent"
						: "Listener %s %s: not one of the incumbent's, bound anew")
					.formatted(listener.name(), Addresses.text(listener.channel().localAddress()))));
		this.inherited.left()
			.forEach((listener) -> this.journal
				.info("Listener %s %s: the incumbent's, and not configured here; closes with the incumbent"
					.formatted(listener.name(), listener.bound())));
		this.inherited.close();
		this.activated.close();
		return this.listening.stream().flatMap((listener) -> Stream.ofNullable(listener.incumbentsName())).toList();
	}

	private List<String> compare() {
		this.listening.forEach((listener) -> this.journal
			.info((listener.isInherited() ? "Listener %s %s: would be handed over by the incumbent"
					: "Listener %s %s: not one of the incumbent's, would be bound anew")
				.formatted(listener.name(), listener.requested())));
		this.inherited.left()
			.forEach((listener) -> this.journal
				.info("Listener %s %s: the incumbent's, and not configured here; would close with the incumbent"
					.formatted(listener.name(), listener.bound())));
		this.inherited.forget();
		return this.listening.stream().filter(Listening::isInherited).map(Listening::name).toList();
	}

	@Override
	public synchronized void discard() {
		this.inherited.takeBack();
		this.activated.close();
	}

	@Override
	public synchronized void open() {
		this.acceptance.open();
	}

	@Override
	public synchronized void acceptMore(Duration over) {
		this.acceptance.more(over);
	}

	@Override
	public synchronized void acceptLess(Collection<String> names, Duration over) {
		this.acceptance.less(names, over);
	}

	@Override
	public synchronized void acceptAll() {
		this.acceptance.all();
	}

	@Override
	public synchronized void pause(Collection<String> names) {
		this.connections.pausing(this.acceptance.pause(names));
	}

	@Override
	public synchronized Set<String> movable() {
		return this.listening.stream()
			.filter(Listening::movable)
			.flatMap((listener) -> Stream.ofNullable(listener.incumbentsName()))
			.collect(Collectors.toUnmodifiableSet());
	}

	/**
	 * Serve a connection of the incumbent's.
	 */
	private boolean adopt(Established connection) {
		return serve(connection, Listening::incumbentsName);
	}

	/**
	 * Serve a connection of this process again.
	 */
	private boolean takeBack(Established connection) {
		return serve(connection, Listening::name);
	}

	/**
	 * Serve a connection as one that was accepted here.
	 * @param name what its process calls a listener
	 */
	private boolean serve(Established connection, Function<Listening, @Nullable String> name) {
		Listening target;
		synchronized (this) {
			target = this.listening.stream()
				.filter((listener) -> connection.listener().equals(name.apply(listener)) && listener.isBound())
				.findFirst()
				.orElse(null);
		}
		if (target == null) {
			connection.descriptor().close();
			return false;
		}
		return target.adopt(connection);
	}

	@Override
	public void resume() {
		open();
	}

	/**
	 * Where this instance listens.
	 * @return the listeners, in the order in which they were bound
	 */
	public synchronized List<ListenerInfo> info() {
		return this.listening.stream()
			.filter(Listening::isBound)
			.map((listener) -> new ListenerInfo(listener.name(), Addresses.text(listener.channel().localAddress()),
					listener.source()))
			.toList();
	}

	/**
	 * Close the listening sockets of this process for good. Waits until the addresses are
	 * free, so that another process may bind them.
	 * @param timeout how long to wait at most
	 * @throws InterruptedException if interrupted while waiting
	 */
	public void close(Duration timeout) throws InterruptedException {
		List<Listening> closing;
		synchronized (this) {
			closing = List.copyOf(this.listening);
			discard();
		}
		CountDownLatch closed = new CountDownLatch(closing.size());
		for (Listening listener : closing) {
			listener.channel().close().addListener((future) -> closed.countDown());
		}
		if (!closed.await(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
			this.journal.warn("The listeners did not close within " + timeout);
		}
	}

	/**
	 * A listener as others see it.
	 *
	 * @param name the server's name
	 * @param address the address that it is bound to, {@code host:port}
	 * @param source where it came from
	 */
	public record ListenerInfo(String name, String address, Source source) {
	}

	/**
	 * Where a listener came from.
	 */
	public enum Source {

		/**
		 * This process bound it.
		 */
		BOUND,

		/**
		 * It was an incumbent's.
		 */
		INHERITED,

		/**
		 * This process was started with it.
		 */
		ACTIVATED

	}

}
