package io.github.gracefulupgrade.autoconfigure;

import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holds that Spring Boot's private class is as it is known, with every version that is
 * tested: without it a warm-up still answers, but warms up less.
 */
class BootHandlerTests {

	@Test
	void wrapsAsSpringBootDoes() {
		AtomicInteger calls = new AtomicInteger();
		HttpHandler handler = BootHandler.around((request, response) -> {
			calls.incrementAndGet();
			return Mono.empty();
		});
		assertThat(handler.getClass().getName()).isEqualTo(BootHandler.TYPE);
		handler.handle(MockServerHttpRequest.get("/").build(), new MockServerHttpResponse()).block();
		assertThat(calls).hasValue(1);
	}

}
