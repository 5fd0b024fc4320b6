package io.github.gracefulupgrade.it.drain;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * HTTP/2 connections end by the protocol's own rules: first a GOAWAY that excludes no
 * stream, then one that names the last.
 */
class DrainHttp2IT {

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void noStreamIsLostAndNoneRefused(boolean tls) {
		Application app = (tls ? Sample.tls() : Sample.application()).args("--server.http2.enabled=true");
		try (Generations generations = new Generations(app)) {
			// First, so that the clients do not take the processor away from its start.
			generations.prepare();
			Instance v1 = generations.incumbent();
			try (Http2Client client = new Http2Client(v1.port(), tls, 16, 10, "/", "/slow?ms=3", "/slow?ms=40")
				.awaitAnswers(v1.pid(), 1000)) {
				generations.replace();
				client.awaitAnswers(generations.incumbent().pid(), 1000).stop();
				assertThat(client.lost()).isEmpty();
				assertThat(client.refused()).isEmpty();
				// One for each connection to the incumbent, which closed them when their
				// streams
				// were done.
				assertThat(client.farewells().stream().filter((ids) -> !ids.isEmpty())).hasSizeGreaterThanOrEqualTo(16)
					.allSatisfy((ids) -> {
						assertThat(ids).hasSize(2);
						assertThat(ids.get(0)).isEqualTo(Integer.MAX_VALUE);
						assertThat(ids.get(1)).isLessThan(Integer.MAX_VALUE);
					});
			}
		}
	}

}
