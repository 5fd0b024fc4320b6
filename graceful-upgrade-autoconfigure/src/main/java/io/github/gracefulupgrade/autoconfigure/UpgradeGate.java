package io.github.gracefulupgrade.autoconfigure;

import org.springframework.context.SmartLifecycle;

/**
 * A place in the start of an application where an upgrade may make it wait.
 */
abstract class UpgradeGate implements SmartLifecycle {

	private final int phase;

	private volatile boolean running;

	UpgradeGate(int phase) {
		this.phase = phase;
	}

	@Override
	public final void start() {
		pass();
		this.running = true;
	}

	@Override
	public final void stop() {
		this.running = false;
		leave();
	}

	/**
	 * Wait until the start may go on.
	 */
	abstract void pass();

	/**
	 * The context stops here.
	 */
	void leave() {
	}

	@Override
	public final boolean isRunning() {
		return this.running;
	}

	@Override
	public final boolean isPauseable() {
		return false;
	}

	@Override
	public final int getPhase() {
		return this.phase;
	}

}
