package io.github.gracefulupgrade.it.drain;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application that is replaced again and again. No instance outlives it.
 */
final class Generations implements AutoCloseable {

	private final Application application;

	private Instance incumbent;

	private Instance successor;

	Generations(Application application) {
		this.application = application;
		this.incumbent = application.start().awaitServing();
		this.successor = this.incumbent;
	}

	Instance incumbent() {
		return this.incumbent;
	}

	/**
	 * Start the next one, and wait until it waits.
	 */
	void prepare() {
		this.successor = this.application.successor().start();
		this.successor.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
	}

	/**
	 * Have the prepared one take over, and wait until its predecessor has left.
	 * @return the predecessor
	 */
	Instance replace() {
		this.incumbent.quit();
		return awaitReplaced();
	}

	/**
	 * Wait until the one that was told to has left.
	 * @return the predecessor
	 */
	Instance awaitReplaced() {
		Instance predecessor = this.incumbent;
		assertThat(predecessor.awaitExit()).isZero();
		this.incumbent = this.successor;
		return predecessor;
	}

	@Override
	public void close() {
		try {
			this.incumbent.close();
		}
		finally {
			this.successor.close();
		}
	}

}
