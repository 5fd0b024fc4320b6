package io.github.gracefulupgrade.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradePhase;
import io.github.gracefulupgrade.UpgradeStatus;
import io.github.gracefulupgrade.UpgradeStatus.Attempt;
import io.github.gracefulupgrade.UpgradeStatus.Outcome;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link UpgradeEndpoint}. What it answers over HTTP is tested with real
 * processes.
 */
class UpgradeEndpointTests {

	private final CompletableFuture<Attempt> attempt = new CompletableFuture<>();

	private final UpgradeEndpoint endpoint = new UpgradeEndpoint(new GracefulUpgrade() {

		@Override
		public UpgradeStatus status() {
			return new UpgradeStatus(17, UpgradePhase.SERVING, 3, Instant.EPOCH, List.of(), null, null, null, null,
					null);
		}

		@Override
		public CompletionStage<Attempt> upgrade() {
			return UpgradeEndpointTests.this.attempt;
		}

	});

	@Test
	void everyFieldIsThereAlsoIfItDoesNotApply() {
		assertThat(this.endpoint.status()).containsOnlyKeys("pid", "phase", "generation", "since", "listeners",
				"successor", "spawn", "predecessor", "drain", "lastAttempt");
	}

	@ParameterizedTest
	@CsvSource({ "HANDED_OVER, 200", "NO_SUCCESSOR, 409", "REFUSED, 409", "FAILED, 502" })
	void theStatusCodeTellsTheOutcome(Outcome outcome, int status) {
		this.attempt.complete(new Attempt(outcome, "because", Duration.ZERO));
		WebEndpointResponse<Map<String, @Nullable Object>> response = this.endpoint.upgrade().block();
		assertThat(response.getStatus()).isEqualTo(status);
		assertThat(response.getBody()).containsEntry("attempt", new Attempt(outcome, "because", Duration.ZERO));
	}

	@Test
	void whoDoesNotWaitIsToldThatTheOutcomeIsNotKnownYet() {
		WebEndpointResponse<Map<String, @Nullable Object>> response = this.endpoint.upgrade(Duration.ZERO).block();
		assertThat(response.getStatus()).isEqualTo(202);
		assertThat(response.getBody()).containsEntry("attempt", null);
	}

}
