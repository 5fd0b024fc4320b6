package io.github.gracefulupgrade.autoconfigure;

import java.util.Map;

import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
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

	@Test
	void refusesWhatIsNoRequest() {
		assertThatIllegalArgumentException().isThrownBy(() -> WarmUpProperties.Request.valueOf("GET a b"))
			.withMessageContaining("GET /path");
	}

}
