package io.github.gracefulupgrade.it.drain;

import java.util.List;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that others have written, and that count for themselves what went wrong.
 */
class CommandLineClientIT {

	private static final int UPGRADES = Integer.getInteger("wrk.upgrades", 2);

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	@Tag("long")
	void wrkSeesNoSocketError(boolean tls) {
		Program.findOrSkip("wrk", "wrk");
		Application app = (tls ? Sample.tls() : Sample.application()).args("--pingora.close-timeout=500ms");
		try (Generations generations = new Generations(app)) {
			String url = (tls ? "https" : "http") + "://127.0.0.1:" + generations.incumbent().port() + "/";
			for (int i = 0; i < UPGRADES; i++) {
				generations.prepare();
				try (Program wrk = Program.start("wrk", "wrk", "-t1", "-c32", "-d8s", url)) {
					Await.pause(500);
					Instance predecessor = generations.replace();
					assertThat(wrk.isAlive()).as("wrk is still at it").isTrue();
					// On a plaintext connection it has nothing to notice. On the others
					// it connects again, as the last response says.
					predecessor.awaitLog(tls ? " 0 connection\\(s\\) handed over, [1-9]\\d* closed after a response"
							: "[1-9]\\d* connection\\(s\\) handed over, 0 closed after a response");
					assertThat(wrk.awaitSuccess()).anyMatch((line) -> line.contains("requests in"))
						.noneMatch((line) -> line.contains("Socket errors") || line.contains("Non-2xx"));
				}
			}
		}
	}

	@Test
	void curlNeedsOneConnection() {
		try (Generations generations = new Generations(Sample.application())) {
			generations.prepare();
			// One transfer after the other, 200 a second.
			try (Program curl = Program.start("curl", "curl", "--silent", "--show-error", "--fail", "--rate", "200/s",
					"--write-out", "%{http_code} connects=%{num_connects}\n", "--output", "/dev/null",
					"http://127.0.0.1:" + generations.incumbent().port() + "/?[1-800]")) {
				// It writes some hundred lines at once.
				Await.until("the first transfers", () -> !curl.output().isEmpty());
				generations.replace().awaitLog("1 connection\\(s\\) handed over");
				List<String> transfers = curl.awaitSuccess();
				assertThat(transfers).hasSize(800).allMatch((line) -> line.startsWith("200 "));
				assertThat(transfers.stream().filter((line) -> line.endsWith("connects=1"))).hasSize(1);
			}
		}
	}

}
