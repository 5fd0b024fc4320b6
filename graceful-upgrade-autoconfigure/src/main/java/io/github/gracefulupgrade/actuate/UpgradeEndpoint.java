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
		body.put("spawn", status.spawn());
		body.put("predecessor", status.predecessor());
		body.put("drain", status.drain());
		body.put("lastAttempt", status.lastAttempt());
		return body;
	}

	/**
	 * Trigger a handover, and wait for its outcome. Has no parameter, since an operation
	 * that has one refuses a request without a body and a content type, and
	 * {@code curl -X POST} sends neither: see {@link WaitParameter}.
	 * @return 200 handed over, 409 no successor or one under way, 502 the successor
	 * failed
	 */
	@WriteOperation
	public Mono<WebEndpointResponse<Map<String, @Nullable Object>>> upgrade() {
		return Mono.fromCompletionStage(this.upgrade.upgrade()).map(this::response);
	}

	/**
	 * Trigger a handover, and wait for its outcome only so long.
	 * @param wait how long to wait
	 * @return as {@link #upgrade()}, or 202 if the outcome is not known by then
	 */
	Mono<WebEndpointResponse<Map<String, @Nullable Object>>> upgrade(Duration wait) {
		return upgrade().timeout(wait, Mono.fromSupplier(() -> respond(202, null)));
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
