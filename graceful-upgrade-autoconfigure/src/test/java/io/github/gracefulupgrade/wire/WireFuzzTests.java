package io.github.gracefulupgrade.wire;

import java.time.Duration;

import io.github.gracefulupgrade.fuzz.Fuzzing;
import org.junit.jupiter.api.Test;

/**
 * A short run of the fuzz targets of the wire.
 */
class WireFuzzTests {

	@Test
	void framesAreMessagesOrErrors() {
		Fuzzing.run("frame", FrameFuzzer::fuzzerTestOneInput, Duration.ofSeconds(1));
	}

	@Test
	void connectionsEndAndLeaveNothingOpen() {
		Fuzzing.run("peer", PeerFuzzer::fuzzerTestOneInput, Duration.ofSeconds(1));
	}

}
