package io.github.gracefulupgrade.autoconfigure;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

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

	private void phases(Phase... phases) {
		for (Phase phase : phases) {
			this.events.changed(new Snapshot(phase, Instant.EPOCH, 0, null, null, null, null, null));
		}
	}

}
