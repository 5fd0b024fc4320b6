package io.github.gracefulupgrade.autoconfigure;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class WarmUpPropertiesTests {

	@Test
	void bindsRequestsOfBothForms() {
		WarmUpProperties properties = new Binder(new MapConfigurationPropertySource(
				Map.of("pingora.warm-up.requests[0]", "post /a?b=c", "pingora.warm-up.requests[1].path", "/d",
						"pingora.warm-up.requests[1].status", "401", "pingora.warm-up.requests[1].headers.accept",
						"text/plain", "pingora.warm-up.on-failure", "ignore")))
			.bind("pingora.warm-up", WarmUpProperties.class)
			.get();
		assertThat(properties.getRequests()).hasSize(2);
		assertThat(properties.getRequests().get(0).getMethod()).isEqualTo("POST");
		assertThat(properties.getRequests().get(0).getPath()).isEqualTo("/a?b=c");
		assertThat(properties.getRequests().get(1).getMethod()).isEqualTo("GET");
		assertThat(properties.getRequests().get(1).getStatus()).isEqualTo(401);
		assertThat(properties.getRequests().get(1).getHeaders()).containsEntry("accept", "text/plain");
		assertThat(properties.getOnFailure()).isEqualTo(WarmUpProperties.OnFailure.IGNORE);
	}

	@Test
	void bindsASingleLine() {
		WarmUpProperties properties = new Binder(
				new MapConfigurationPropertySource(Map.of("pingora.warm-up.requests", "GET /a, /b")))
			.bind("pingora.warm-up", WarmUpProperties.class)
			.get();
		assertThat(properties.getRequests()).extracting(WarmUpProperties.Request::getPath).containsExactly("/a", "/b");
	}

	@ParameterizedTest
	@CsvSource({ "concurrency, 0", "rounds, 0", "pause, -1ms", "duration, -1s", "timeout, -1s",
			"requests[0].path, search" })
	void refusesAtOnceWhatWouldFailTheNextUpgrade(String property, String value) {
		Binder binder = new Binder(new MapConfigurationPropertySource(Map.of("pingora.warm-up." + property, value)));
		assertThatExceptionOfType(BindException.class)
			.isThrownBy(() -> binder.bind("pingora.warm-up", WarmUpProperties.class))
			.withRootCauseInstanceOf(IllegalArgumentException.class);
	}

	@Test
	void refusesWhatIsNoRequest() {
		assertThatIllegalArgumentException().isThrownBy(() -> WarmUpProperties.Request.valueOf("GET a b"))
			.withMessageContaining("GET /path");
	}

}
