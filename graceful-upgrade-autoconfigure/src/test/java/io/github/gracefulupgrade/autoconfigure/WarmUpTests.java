package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.gracefulupgrade.UpgradeWarmUp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.server.reactive.HttpHandler;

import static org.assertj.core.api.Assertions.assertThat;

class WarmUpTests {

	private final AtomicInteger requests = new AtomicInteger();

	private final AtomicInteger rehearsals = new AtomicInteger();

	private final AtomicInteger betweens = new AtomicInteger();

	private final WarmUpProperties properties = new WarmUpProperties();

	private final GenericApplicationContext context = new GenericApplicationContext();

	private final LoopResources loops = LoopResources.create("warm-up-tests", 1, true);

	@BeforeEach
	void application() {
		this.properties.setRequests(List.of(WarmUpProperties.Request.valueOf("/")));
		this.context.registerBean(HttpHandler.class, () -> (request, response) -> {
			this.requests.incrementAndGet();
			return response.setComplete();
		});
		this.context.registerBean(UpgradeWarmUp.class, () -> new UpgradeWarmUp() {

			@Override
			public void warmUp() {
			}

			@Override
			public void between() {
				WarmUpTests.this.betweens.incrementAndGet();
			}

		});
		this.context.refresh();
	}

	@AfterEach
	void close() {
		this.context.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(3)).onErrorResume((ex) -> Mono.empty()).block();
	}

	private void warmUp() throws Exception {
		WarmUp warmUp = new WarmUp(this.context, this.properties, new LogJournal(), 1);
		warmUp.server(HttpServer.create());
		warmUp.run(() -> this.loops, this.rehearsals::incrementAndGet);
	}

	@Test
	void isInterruptedForRehearsalsIfItIsLong() throws Exception {
		this.properties.setRounds(25);
		this.properties.setPause(Duration.ofMillis(100));
		this.properties.setDuration(Duration.ofSeconds(8));
		warmUp();
		assertThat(this.rehearsals.get()).isBetween(1, 3);
		assertThat(this.betweens.get()).isEqualTo(this.rehearsals.get());
		assertThat(this.requests.get()).isEqualTo(25);
	}

	@Test
	void isNotInterruptedIfItIsShort() throws Exception {
		this.properties.setRounds(7);
		warmUp();
		assertThat(this.requests.get()).isEqualTo(7);
		this.properties.setRounds(Integer.MAX_VALUE);
		this.properties.setDuration(Duration.ofMillis(500));
		warmUp();
		assertThat(this.rehearsals.get() + this.betweens.get()).isZero();
	}

}
