package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import io.github.gracefulupgrade.handover.ControlThread;
import io.github.gracefulupgrade.handover.Phase;
import io.github.gracefulupgrade.handover.Snapshot;

import org.springframework.context.ConfigurableApplicationContext;

/**
 * When a handover is rehearsed: by a successor before it says that it waits; by an
 * instance that started cold once it has served for a while, or at the latest when a
 * successor comes. The former also means that what a running instance needs for its exit
 * is loaded before another jar can be copied over its own.
 */
final class Preparation {

	/**
	 * The first requests to an instance have enough to load themselves.
	 */
	private static final Duration AFTER_START = Duration.ofSeconds(5);

	private final ControlThread control;

	private final boolean wanted;

	/**
	 * Linked here, and not where it is needed first: on the way to a successor's first
	 * request.
	 */
	private final Runnable rehearsal = MiniatureHandover::once;

	/**
	 * Whether this instance has come to serve. Owned by the control thread.
	 */
	private boolean serves;

	Preparation(ControlThread control, boolean wanted) {
		this.control = control;
		this.wanted = wanted;
	}

	/**
	 * A successor has built its application, but for a management context of its own. To
	 * build that takes several times as long as the rest of a handover, and it would be
	 * in the middle of it. Called on the main thread.
	 * @param application the application, whose beans are there
	 */
	void buildManagementServer(ConfigurableApplicationContext application) {
		if (this.wanted) {
			ManagementServer.startEarly(application);
		}
	}

	/**
	 * A successor has built its application, and nobody waits for it yet. Called on the
	 * main thread.
	 * @param contexts the application, and its management context if it is built; their
	 * beans are there
	 * @throws InterruptedException if the application is shut down meanwhile
	 */
	void rehearse(ConfigurableApplicationContext... contexts) throws InterruptedException {
		if (!this.wanted) {
			return;
		}
		for (ConfigurableApplicationContext context : contexts) {
			EndOfStart.lookUp(context);
		}
		await(MiniatureHandover.once());
	}

	/**
	 * Once more, in the middle of a warm-up: what the compiler has made of the code that
	 * requests use bets on their being its only users. Of those bets that the handover
	 * would be the first to lose, this loses them in time.
	 * @throws InterruptedException if the application is shut down meanwhile
	 */
	void rehearseAgain() throws InterruptedException {
		if (this.wanted) {
			await(MiniatureHandover.again());
		}
	}

	private static void await(CompletableFuture<Void> rehearsal) throws InterruptedException {
		try {
			rehearsal.get();
		}
		catch (ExecutionException ex) {
			// It is over, and that is all that matters.
		}
	}

	/**
	 * The state changed. Called on the control thread.
	 */
	void changed(Snapshot snapshot) {
		if (!this.wanted || snapshot.phase() != Phase.SERVING) {
			return;
		}
		if (snapshot.successor() != null) {
			this.rehearsal.run();
		}
		else if (!this.serves) {
			this.control.after(AFTER_START, this.rehearsal);
		}
		this.serves = true;
	}

}
