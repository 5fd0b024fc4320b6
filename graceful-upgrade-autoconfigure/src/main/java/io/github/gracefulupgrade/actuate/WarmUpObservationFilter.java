package io.github.gracefulupgrade.actuate;

import io.github.gracefulupgrade.autoconfigure.WarmUpProperties;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationFilter;

import org.springframework.http.server.reactive.observation.ServerRequestObservationContext;

/**
 * Tells the requests of a warm-up apart in the metrics of the application's requests: all
 * get the tag {@code warm.up}, with the value {@code true} or {@code false}, if any are
 * configured, and none if not.
 */
final class WarmUpObservationFilter implements ObservationFilter {

	private static final String HEADER = "X-Upgrade-Warm-Up";

	private final boolean wanted;

	WarmUpObservationFilter(WarmUpProperties properties) {
		this.wanted = !properties.getRequests().isEmpty();
	}

	@Override
	public Observation.Context map(Observation.Context context) {
		if (this.wanted && context instanceof ServerRequestObservationContext request) {
			boolean warmUp = request.getCarrier() != null && request.getCarrier().getHeaders().containsHeader(HEADER);
			context.addLowCardinalityKeyValue(KeyValue.of("warm.up", String.valueOf(warmUp)));
		}
		return context;
	}

}
