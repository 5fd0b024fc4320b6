package io.github.gracefulupgrade.handover;

import java.time.Duration;

import io.github.gracefulupgrade.fuzz.Fuzzing;
import org.junit.jupiter.api.Test;

/**
 * A short run of the fuzz target of the roles.
 */
class RolesFuzzTests {

	@Test
	void validFramesInAnyOrderBreakNoPromise() {
		Fuzzing.run("roles", RolesFuzzer::fuzzerTestOneInput, Duration.ofSeconds(1));
	}

}
