package io.github.gracefulupgrade.it.drain;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * OpenTelemetry's agent has a handler in each pipeline. Connections move nevertheless,
 * and each request is one span of one process.
 */
class OpenTelemetryAgentIT {

	private static final int CLIENTS = 12;

	private static final Pattern SERVER_SPAN = Pattern.compile("LoggingSpanExporter - .* SERVER .*url\\.path=/slow\\b");

	@Test
	void connectionsMoveAndEveryRequestIsOneSpan() {
		Application app = Sample.withoutArchive()
			.jvmOptions("-javaagent:" + System.getProperty("opentelemetry-javaagent.jar"),
					"-Dotel.traces.exporter=console", "-Dotel.metrics.exporter=none", "-Dotel.logs.exporter=none");
		try (Generations generations = new Generations(app)) {
			generations.prepare();
			Instance v1 = generations.incumbent();
			try (KeepAliveClients clients = new KeepAliveClients(() -> RawClient.plain(v1.port()), CLIENTS, 5,
					"/slow?ms=3")) {
				clients.awaitAnswers(v1.pid(), 10 * CLIENTS);
				trigger(v1);
				generations.awaitReplaced();
				Instance v2 = generations.incumbent();
				clients.awaitAnswers(v2.pid(), 10 * CLIENTS).stop();
				assertThat(clients.failures()).isEmpty();
				assertThat(clients.announced()).isZero();
				v1.awaitLog(", 0 cut; %d connection\\(s\\) handed over, 0 closed".formatted(CLIENTS));
				Await.until("the spans of " + v2.pid(), () -> spans(v2) >= clients.answers(v2.pid()));
				assertThat(List.of(spans(v1), spans(v2))).containsExactly(clients.answers(v1.pid()),
						clients.answers(v2.pid()));
			}
		}
	}

	/**
	 * Not by SIGQUIT: what the JVM prints then comes between the spans, and into them.
	 */
	private static void trigger(Instance incumbent) {
		try (RawClient client = RawClient.plain(incumbent.port())) {
			client.send("POST /actuator/upgrade HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").readHead();
		}
	}

	private static int spans(Instance instance) {
		return (int) instance.log().stream().filter((line) -> SERVER_SPAN.matcher(line).find()).count();
	}

}
