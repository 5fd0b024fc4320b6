package io.github.gracefulupgrade.sample;

import java.time.Duration;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.info.BuildProperties;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Requests of every length: short, slow, streaming out, streaming in and out.
 */
@RestController
class SampleController {

	private final Answer answer;

	SampleController(@Value("${sample.version:}") String version, ObjectProvider<BuildProperties> build) {
		String built = build.stream().map(BuildProperties::getVersion).findFirst().orElse("unknown");
		this.answer = new Answer(ProcessHandle.current().pid(), version.isEmpty() ? built : version);
	}

	@GetMapping("/")
	Answer index() {
		return this.answer;
	}

	@GetMapping("/slow")
	Mono<Answer> slow(@RequestParam(defaultValue = "1000") long ms) {
		return Mono.just(this.answer).delayElement(Duration.ofMillis(ms));
	}

	@GetMapping(path = "/stream", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<Long> stream(@RequestParam(defaultValue = "10") int count,
			@RequestParam(defaultValue = "1000") long interval) {
		// Not Flux.interval: a slow reader slows this one, and would break that one.
		return Flux.range(0, count).map(Integer::longValue).delayElements(Duration.ofMillis(interval));
	}

	@PostMapping("/echo")
	Mono<Void> echo(ServerHttpRequest request, ServerHttpResponse response) {
		response.getHeaders().setContentType(request.getHeaders().getContentType());
		// Flushed part by part: the first byte is back before the last one has come.
		return response.writeAndFlushWith(request.getBody().map(Mono::just));
	}

	/**
	 * Who answers.
	 *
	 * @param pid the process
	 * @param version the version of the application
	 */
	record Answer(long pid, String version) {
	}

}
