package io.github.gracefulupgrade.actuate;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches if a warm-up has requests to play. Looks whether anything of them is configured
 * and does not bind them, which would take each start some milliseconds.
 */
final class OnWarmUpRequestsCondition extends SpringBootCondition {

	private static final ConfigurationPropertyName REQUESTS = ConfigurationPropertyName.of("pingora.warm-up.requests");

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("Warm-up");
		Environment environment = context.getEnvironment();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			ConfigurationProperty property = source.getConfigurationProperty(REQUESTS);
			if (property != null && environment.resolvePlaceholders(property.getValue().toString()).isBlank()) {
				break; // none, in the place of any that are configured elsewhere
			}
			if (property != null || source.containsDescendantOf(REQUESTS) == ConfigurationPropertyState.PRESENT) {
				return ConditionOutcome.match(message.foundExactly(REQUESTS));
			}
		}
		return ConditionOutcome.noMatch(message.didNotFind("property").items(REQUESTS));
	}

}
