package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.UpgradeSocketException.Problem;
import org.jspecify.annotations.Nullable;

/**
 * The way of an instance that only tries whether it could take over: {@link #prepare}
 * asks the incumbent whether it would be welcome, {@link #awaitOffer} asks again when the
 * application is built, and on which listeners, and {@link #awaitCommit} compares them
 * with its own. It never holds the lock or a listener, and the incumbent keeps no trace
 * of it.
 * <p>
 * All state is the control thread's.
 */
final class Rehearsal {

	private final Ports ports;

	private final Settings settings;

	private final StartFailures failures;

	private final Patience patience;

	private final Alarm alarm;

	private CompletableFuture<Message.Terms> answer = new CompletableFuture<>();

	private boolean built;

	private @Nullable Peer peer;

	private @Nullable String lastWord;

	private long incumbent = -1;

	Rehearsal(Ports ports, Settings settings) {
		this.ports = ports;
		this.settings = settings;
		this.failures = new StartFailures(settings, ports.lock());
		this.patience = new Patience(ports.control());
		this.alarm = new Alarm(ports.control());
	}

	/**
	 * Before anything is built: whether there is an incumbent that would take this one.
	 */
	CompletableFuture<Void> prepare() {
		this.ports.socket().check();
		return ask(false).thenAccept((terms) -> this.ports.journal()
			.info("pid=%d tries whether it could take over from incumbent pid=%d at %s, and builds its application"
				.formatted(this.settings.pid(), terms.pid(), this.settings.path())));
	}

	/**
	 * The application is built, its web servers come next: they start, on addresses that
	 * nobody knows.
	 */
	CompletableFuture<Void> awaitOffer() {
		return ask(true).thenAccept((terms) -> this.ports.listeners().rehearse(terms.listeners()));
	}

	/**
	 * The web servers are started.
	 */
	CompletableFuture<Void> awaitCommit() {
		List<String> common = this.ports.listeners().settle();
		if (common.isEmpty()) {
			throw this.failures.noListenerInCommon(this.incumbent);
		}
		this.ports.journal()
			.info("pid=%d could take over from incumbent pid=%d: %d listener(s) in common (%s)"
				.formatted(this.settings.pid(), this.incumbent, common.size(), String.join(", ", common)));
		return CompletableFuture.completedFuture(null);
	}

	private CompletableFuture<Message.Terms> ask(boolean built) {
		this.built = built;
		this.answer = new CompletableFuture<>();
		this.patience.begin(this.settings.connectTimeout());
		connect();
		return this.answer;
	}

	private void connect() {
		try {
			Peer peer = this.ports.socket().connect();
			this.peer = peer;
			this.alarm.set(this.patience.leftOr(Duration.ofSeconds(1)), () -> fail(this.failures.noWelcome()));
			peer.send(new Message.Trial(Message.PROTOCOL_VERSION, this.settings.pid(), this.settings.application(),
					this.built));
		}
		catch (UpgradeSocketException ex) {
			if (ex.getProblem() == Problem.NOBODY) {
				connectAgain();
			}
			else {
				fail(ex);
			}
		}
		catch (RuntimeException | Error ex) {
			fail(this.failures.unexpected(ex));
		}
	}

	private void connectAgain() {
		if (this.patience.isOver()) {
			fail(this.failures.nobodyAnswers(this.lastWord));
		}
		else {
			this.alarm.set(Search.RETRY, this::connect);
		}
	}

	boolean owns(Peer peer) {
		return peer == this.peer;
	}

	void received(Message message) {
		hangUp();
		if (message instanceof Message.Terms terms && terms.version() == Message.PROTOCOL_VERSION) {
			this.incumbent = terms.pid();
			this.answer.complete(terms);
		}
		else if (message instanceof Message.Refused refused && refused.reason() == Message.Refusal.LEAVING) {
			this.lastWord = refused.text();
			connectAgain();
		}
		else if (message instanceof Message.Refused refused) {
			fail(this.failures.refused(refused));
		}
		else {
			Message.discard(message);
			fail(this.failures.wrongAnswer(message));
		}
	}

	void disconnected(String reason) {
		hangUp();
		this.lastWord = reason + " (one of an older version does not know the question)";
		connectAgain();
	}

	/**
	 * The start failed, or is given up.
	 */
	void abandon() {
		hangUp();
		this.ports.listeners().discard();
	}

	private void fail(UpgradeException failure) {
		hangUp();
		this.answer.completeExceptionally(failure);
	}

	private void hangUp() {
		this.alarm.off();
		Peer peer = this.peer;
		this.peer = null;
		if (peer != null) {
			peer.close();
		}
	}

}
