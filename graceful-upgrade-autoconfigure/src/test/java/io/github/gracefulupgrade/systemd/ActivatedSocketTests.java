package io.github.gracefulupgrade.systemd;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ActivatedSocket}.
 */
class ActivatedSocketTests {

	@Test
	void socketsBeginAtThreeAndHaveTheirNames() {
		assertThat(ActivatedSocket
			.in(Map.of("LISTEN_FDS", "2", "LISTEN_PID", "17", "LISTEN_FDNAMES", "server:management"), 17))
			.containsExactly(new ActivatedSocket(3, "server"), new ActivatedSocket(4, "management"));
	}

	@Test
	void withoutNamesTheyAreUnknown() {
		assertThat(ActivatedSocket.in(Map.of("LISTEN_FDS", "1", "LISTEN_PID", "17"), 17))
			.containsExactly(new ActivatedSocket(3, "unknown"));
	}

	@Test
	void anEnvironmentThatIsMeantForAnotherProcessIsIgnored() {
		assertThat(ActivatedSocket.in(Map.of("LISTEN_FDS", "1", "LISTEN_PID", "16"), 17)).isEmpty();
		assertThat(ActivatedSocket.in(Map.of("LISTEN_FDS", "1"), 17)).isEmpty();
		assertThat(ActivatedSocket.in(Map.of("LISTEN_PID", "17"), 17)).isEmpty();
		assertThat(ActivatedSocket.in(Map.of(), 17)).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "x, 17, ''", "-1, 17, ''", "9999999, 17, ''", "1, y, ''", "1, 17, a:b", "2, 17, a" })
	void whatMakesNoSenseIsNamed(String count, String pid, String names) {
		assertThatIllegalArgumentException().isThrownBy(
				() -> ActivatedSocket.in(Map.of("LISTEN_FDS", count, "LISTEN_PID", pid, "LISTEN_FDNAMES", names), 17))
			.withMessageContaining("LISTEN_");
	}

}
