package io.github.gracefulupgrade.actuate;

import java.util.HashMap;

import io.github.gracefulupgrade.warmup.RequestPlayer;
import io.micrometer.observation.Observation;
import org.junit.jupiter.api.Test;

import org.springframework.http.server.reactive.observation.ServerRequestObservationContext;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;

import static org.assertj.core.api.Assertions.assertThat;

class WarmUpObservationFilterTests {

	private String tag(MockServerHttpRequest.BaseBuilder<?> request) {
		Observation.Context context = new ServerRequestObservationContext(request.build(), new MockServerHttpResponse(),
				new HashMap<>());
		new WarmUpObservationFilter().map(context);
		return String.valueOf(context.getLowCardinalityKeyValue("warm.up"));
	}

	@Test
	void tellsRequestsApart() {
		assertThat(tag(MockServerHttpRequest.get("/").header(RequestPlayer.HEADER, "true"))).contains("true");
		assertThat(tag(MockServerHttpRequest.get("/"))).contains("false");
	}

}
