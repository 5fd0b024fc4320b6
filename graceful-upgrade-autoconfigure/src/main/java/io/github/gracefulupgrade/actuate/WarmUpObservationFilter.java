package io.github.gracefulupgrade.actuate;

import java.util.Map;
import java.util.Objects;

import io.github.gracefulupgrade.warmup.RequestPlayer;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationFilter;

import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.observation.ServerRequestObservationContext;

/**
 * Tells the requests of a warm-up apart in the metrics of the application's requests: all
 * get the tag {@code warm.up}, with the value {@code true} or {@code false}.
 */
final class WarmUpObservationFilter implements ObservationFilter {

	/**
	 * Looked up, and not chosen by a condition that a warm-up finds always true: compiled
	 * code bets on that, and loses with the first request of a user.
	 */
	private static final Map<Boolean, KeyValue> TAGS = Map.of(true, KeyValue.of("warm.up", "true"), false,
			KeyValue.of("warm.up", "false"));

	@Override
	public Observation.Context map(Observation.Context context) {
		if (context instanceof ServerRequestObservationContext request) {
			ServerHttpRequest carrier = request.getCarrier();
			Boolean warmUp = (carrier != null) ? carrier.getHeaders().containsHeader(RequestPlayer.HEADER)
					: Boolean.FALSE;
			context.addLowCardinalityKeyValue(Objects.requireNonNull(TAGS.get(warmUp)));
		}
		return context;
	}

}
