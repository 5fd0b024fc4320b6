package io.github.gracefulupgrade.it.testbed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.annotation.Async;
import org.springframework.stereotype.Service;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Requests that take their time: by a timer of their own, by an {@code @Async} bean, and
 * by Spring's scheduler. The last two need executors that Spring shuts down when the
 * context closes.
 */
@RestController
class TestbedController {

	private final Worker worker;

	private final TaskScheduler scheduler;

	TestbedController(Worker worker, TaskScheduler scheduler) {
		this.worker = worker;
		this.scheduler = scheduler;
	}

	@GetMapping("/")
	Mono<String> index() {
		return answer("index");
	}

	@GetMapping("/slow")
	Mono<String> slow(@RequestParam long ms) {
		return answer("slow").delayElement(Duration.ofMillis(ms));
	}

	/**
	 * Answers as soon as a file exists.
	 */
	@GetMapping("/held")
	Mono<String> held(@RequestParam Path gate) {
		return Flux.interval(Duration.ZERO, Duration.ofMillis(20))
			.onBackpressureDrop()
			.takeUntil((tick) -> Files.exists(gate))
			.then(answer("held"));
	}

	/**
	 * Needs the executor at its end, not only at its beginning.
	 */
	@GetMapping("/async")
	Mono<String> async(@RequestParam long ms) {
		return Mono.delay(Duration.ofMillis(ms))
			.then(Mono.fromFuture(() -> this.worker.work()))
			.then(Mono.fromFuture(() -> this.worker.work()))
			.then(answer("async"));
	}

	@GetMapping("/scheduled")
	Mono<String> scheduled(@RequestParam long ms) {
		return Mono
			.<String>create((sink) -> this.scheduler
				.schedule(() -> this.scheduler.schedule(sink::success, Instant.now()), Instant.now().plusMillis(ms)))
			.then(answer("scheduled"));
	}

	private static Mono<String> answer(String what) {
		return Mono.just(what + " by pid " + ProcessHandle.current().pid());
	}

	/**
	 * Works on an executor of Spring's.
	 */
	@Service
	static class Worker {

		@Async
		CompletableFuture<Void> work() {
			return CompletableFuture.completedFuture(null);
		}

	}

}
