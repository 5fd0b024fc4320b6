package io.github.gracefulupgrade.it;

import org.junit.jupiter.api.Test;

import io.github.gracefulupgrade.test.Instance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A start that ends before it would listen, as it is made to fill a class-data archive or
 * an AOT cache, often on a machine that will never serve.
 */
class TrainingRunIT {

	@Test
	void needsNoFolderForTheUpgradeSocket() {
		try (Instance run = Testbed.application()
			.onFreePort()
			.upgradeSocket(Testbed.newFolder().resolve("missing/s"))
			.jvmOptions("-Dspring.context.exit=onRefresh")
			.start()) {
			assertThat(run.awaitExit()).isZero();
		}
	}

}
