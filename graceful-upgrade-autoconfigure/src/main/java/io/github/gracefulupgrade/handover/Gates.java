package io.github.gracefulupgrade.handover;

import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * Where the application's main thread waits for the control thread while the application
 * starts: before anything is built, and at two gates, before the web servers start and
 * after they did. What goes wrong meanwhile is told at all of them.
 * <p>
 * All state is the control thread's; the futures may be waited for by any thread.
 */
final class Gates {

	private final CompletableFuture<Void> start = new CompletableFuture<>();

	private final CompletableFuture<Void> listeners = new CompletableFuture<>();

	private final CompletableFuture<Void> ownership = new CompletableFuture<>();

	/**
	 * Why the start failed. A gate that had been opened before is shut by it for whoever
	 * comes later.
	 */
	private @Nullable UpgradeException failure;

	/**
	 * Whether the main thread came to the first gate.
	 */
	private boolean built;

	/**
	 * Whether the main thread came to the second gate, or the start has ended.
	 */
	private boolean told;

	/**
	 * Before anything is built: opens when it is certain what this instance is.
	 */
	CompletableFuture<Void> start() {
		return this.start;
	}

	/**
	 * First gate: the application is built, its web servers come next. Opens when the
	 * listeners are there, or it is certain that there are none to wait for.
	 */
	CompletableFuture<Void> listeners() {
		return unlessFailed(this.listeners);
	}

	/**
	 * Second gate: the web servers are started, all else comes next. Opens when this
	 * instance owns the listeners.
	 */
	CompletableFuture<Void> ownership() {
		return unlessFailed(this.ownership);
	}

	private CompletableFuture<Void> unlessFailed(CompletableFuture<Void> gate) {
		return (this.failure != null) ? CompletableFuture.failedFuture(this.failure) : gate;
	}

	void built() {
		this.built = true;
	}

	boolean isBuilt() {
		return this.built;
	}

	void told() {
		this.told = true;
	}

	boolean isTold() {
		return this.told;
	}

	void openStart() {
		this.start.complete(null);
	}

	void openListeners() {
		this.listeners.complete(null);
	}

	void openOwnership() {
		this.ownership.complete(null);
	}

	void fail(UpgradeException failure) {
		if (this.failure == null) {
			this.failure = failure;
		}
		this.start.completeExceptionally(failure);
		this.listeners.completeExceptionally(failure);
		this.ownership.completeExceptionally(failure);
	}

}
