package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import io.github.gracefulupgrade.UpgradePhase;
import io.github.gracefulupgrade.UpgradePhaseChangedEvent;
import io.github.gracefulupgrade.handover.Phase;
import io.github.gracefulupgrade.handover.Snapshot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.support.GenericApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PhaseEvents}.
 */
@Timeout(60)
class PhaseEventsTests {

	private final GenericApplicationContext context = new GenericApplicationContext();

	private final PhaseEvents events = new PhaseEvents(this.context);

	private final List<Object> heard = new CopyOnWriteArrayList<>();

	private boolean failing;

	@BeforeEach
	void listen() {
		this.context.addApplicationListener(
				(ApplicationListener<AvailabilityChangeEvent<?>>) (event) -> this.heard.add(event.getState()));
		this.context.addApplicationListener((ApplicationListener<UpgradePhaseChangedEvent>) (event) -> {
			this.heard.add(event.getPhase());
			if (this.failing) {
				throw new IllegalStateException("this listener fails");
			}
		});
		this.context.refresh();
	}

	@AfterEach
	void close() {
		this.events.close();
		this.context.close();
	}

	/**
	 * A health check on a connection that is still open to the old version asks whether
	 * the service is there, and it is.
	 */
	@Test
	void anInstanceThatDrainsDoesNotSayThatTheServiceIsNotReady() {
		phases(Phase.SERVING, Phase.CLOSING, Phase.DRAINING, Phase.SERVING, Phase.DRAINING);
		await().untilAsserted(() -> assertThat(this.heard).containsExactly(UpgradePhase.SERVING, UpgradePhase.CLOSING,
				UpgradePhase.DRAINING, UpgradePhase.SERVING, UpgradePhase.DRAINING));
	}

	@Test
	void aListenerThatFailsKeepsNobodyFromHearingTheNextPhase() {
		this.failing = true;
		phases(Phase.CLOSING, Phase.DRAINING);
		await()
			.untilAsserted(() -> assertThat(this.heard).containsExactly(UpgradePhase.CLOSING, UpgradePhase.DRAINING));
	}

	/**
	 * Else the context would close while it is still at work, with the beans that it
	 * needs.
	 */
	@Test
	void aListenerThatTakesItsTimeIsAwaitedBeforeTheContextCloses() {
		this.context.addApplicationListener((ApplicationListener<UpgradePhaseChangedEvent>) (event) -> {
			await().pollDelay(Duration.ofMillis(300)).until(() -> true);
			this.heard.add("done with " + event.getPhase());
		});
		phases(Phase.CLOSING, Phase.GONE);
		this.events.awaitHeard(Duration.ofSeconds(30));
		assertThat(this.heard).contains("done with CLOSING").endsWith("done with GONE");
	}

	@Test
	void aListenerThatNeverReturnsIsNotAwaitedForEver() {
		CountDownLatch never = new CountDownLatch(1);
		this.context.addApplicationListener((ApplicationListener<UpgradePhaseChangedEvent>) (event) -> {
			try {
				never.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		});
		phases(Phase.CLOSING);
		this.events.awaitHeard(Duration.ofMillis(100));
		assertThat(never.getCount()).isOne();
		never.countDown();
	}

	@Test
	void nobodyIsAwaitedWhenTheContextHasClosed() {
		this.events.close();
		this.events.awaitHeard(Duration.ofDays(1));
		assertThat(this.heard).isEmpty();
	}

	private void phases(Phase... phases) {
		for (Phase phase : phases) {
			this.events.changed(new Snapshot(phase, Instant.EPOCH, 0, null, null, null, null, null));
		}
	}

}
