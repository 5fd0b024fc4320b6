package io.github.gracefulupgrade.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

/**
 * Matches if an upgrade was asked for, and {@code pingora.upgrade-sock} has no value.
 * {@code -u} alone does not count: without the socket's path, nothing says that it is
 * meant for this starter.
 */
final class OnUpgradeWithoutSocketCondition extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		Environment environment = context.getEnvironment();
		String upgrade = environment.getProperty("pingora.upgrade");
		boolean wanted = StringUtils.hasText(upgrade) && !"false".equalsIgnoreCase(upgrade)
				&& !(environment instanceof ConfigurableEnvironment configurable && configurable.getPropertySources()
					.contains(CommandLineEnvironmentPostProcessor.SHORT_OPTION));
		boolean matches = wanted && !StringUtils.hasText(environment.getProperty("pingora.upgrade-sock"));
		return new ConditionOutcome(matches, ConditionMessage.forCondition("Upgrade without a socket")
			.because("pingora.upgrade is '" + upgrade + "'"));
	}

}
