package io.github.gracefulupgrade.autoconfigure;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.autoconfigure.GracefulUpgradeProperties.Upgrade;
import io.github.gracefulupgrade.handover.UpgradeException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration for an application that has an upgrade socket and nothing that could
 * be handed over: says so, instead of being silently an ordinary application.
 */
@AutoConfiguration(after = GracefulUpgradeAutoConfiguration.class)
@Conditional(OnUpgradeSocketCondition.class)
@ConditionalOnMissingBean(GracefulUpgrade.class)
public final class NotUpgradableAutoConfiguration {

	private static final Log logger = LogFactory.getLog(NotUpgradableAutoConfiguration.class);

	/**
	 * A post processor, since those are never lazy, and come before the application's
	 * beans have done anything.
	 */
	@Bean
	static BeanFactoryPostProcessor gracefulUpgradeObstacle(Environment environment) {
		return (beanFactory) -> {
			String obstacle = "it is no reactive web application on Reactor Netty (spring-boot-starter-webflux, and"
					+ " spring.main.web-application-type=reactive), or the auto-configuration is excluded";
			Upgrade upgrade = Binder.get(environment).bind("pingora.upgrade", Upgrade.class).orElse(Upgrade.FALSE);
			if (upgrade == Upgrade.TRUE || upgrade == Upgrade.TEST) {
				throw new UpgradeException("This application cannot take over from another instance: " + obstacle,
						"Start without --upgrade. If this is only the parent context of such an application, exclude "
								+ NotUpgradableAutoConfiguration.class.getName() + " there.");
			}
			logger.warn("Graceful upgrades are off, although pingora.upgrade-sock is set: " + obstacle);
		};
	}

}
