package io.github.gracefulupgrade.actuate;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.UpgradeStatus;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * Actuator endpoint that tells the state of the upgrade, and triggers one.
 */
@Endpoint(id = "upgrade")
public final class UpgradeEndpoint {

	private final GracefulUpgrade upgrade;

	/**
	 * Create the endpoint.
	 * @param upgrade the application's upgrade
	 */
	public UpgradeEndpoint(GracefulUpgrade upgrade) {
		this.upgrade = upgrade;
	}

	/**
	 * Tell the state of this instance. Every field is always there, and {@code null} if
	 * it does not apply.
	 * @return the state
	 */
	@ReadOperation
	public Map<String, @Nullable Object> status() {
		UpgradeStatus status = this.upgrade.status();
		Map<String, @Nullable Object> body = new LinkedHashMap<>();
		body.put("pid", status.pid());
		body.put("phase", status.phase());
		body.put("generation", status.generation());
		body.put("since", status.since());
		body.put("listeners", status.listeners());
		body.put("successor", status.successor());
		body.put("predecessor", status.predecessor());
		body.put("drain", status.drain());
		body.put("lastAttempt", status.lastAttempt());
		return body;
	}

	/**
	 * Trigger a handover, and wait for its outcome.
	 * @param wait how long to wait at most; without it, until the outcome is known
	 * @return 200 handed over, 202 not known yet, 409 no successor or one under way, 502
	 * the successor failed
	 */
	@WriteOperation
	public Mono<WebEndpointResponse<Map<String, @Nullable Object>>> upgrade(@Nullable Duration wait) {
		Mono<WebEndpointResponse<Map<String, @Nullable Object>>> outcome = Mono
			.fromCompletionStage(this.upgrade.upgrade())
			.map(this::response);
		return (wait != null) ? outcome.timeout(wait, Mono.fromSupplier(() -> respond(202, null))) : outcome;
	}

	private WebEndpointResponse<Map<String, @Nullable Object>> response(UpgradeStatus.Attempt attempt) {
		int status = switch (attempt.outcome()) {
			case HANDED_OVER -> 200;
			case NO_SUCCESSOR, REFUSED -> 409;
			case FAILED -> 502;
		};
		return respond(status, attempt);
	}

	private WebEndpointResponse<Map<String, @Nullable Object>> respond(int status,
			UpgradeStatus.@Nullable Attempt attempt) {
		Map<String, @Nullable Object> body = status();
		body.put("attempt", attempt);
		return new WebEndpointResponse<>(body, status);
	}

}
