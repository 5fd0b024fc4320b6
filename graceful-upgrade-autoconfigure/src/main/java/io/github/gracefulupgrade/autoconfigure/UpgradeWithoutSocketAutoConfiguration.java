package io.github.gracefulupgrade.autoconfigure;

import io.github.gracefulupgrade.autoconfigure.GracefulUpgradeProperties.Upgrade;
import io.github.gracefulupgrade.handover.UpgradeException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration for an instance that is to take over and was not told where to find
 * the running one. Were it to start as if nothing had been asked for, there would be two
 * that work side by side, or one that finds its port in use.
 */
@AutoConfiguration
@Conditional(OnUpgradeWithoutSocketCondition.class)
public final class UpgradeWithoutSocketAutoConfiguration {

	private static final Log logger = LogFactory.getLog(UpgradeWithoutSocketAutoConfiguration.class);

	@Bean
	static BeanFactoryPostProcessor gracefulUpgradeWithoutSocket(Environment environment) {
		return (beanFactory) -> {
			Upgrade upgrade = Binder.get(environment).bind("pingora.upgrade", Upgrade.class).orElse(Upgrade.FALSE);
			if (upgrade == Upgrade.TRUE || upgrade == Upgrade.TEST) {
				throw new UpgradeException(
						"This instance was asked to take over from a running one, but pingora.upgrade-sock is not set",
						"Set pingora.upgrade-sock to the path that the running instance has, or start without"
								+ " --upgrade. The property may be missing because a profile is not active, or an"
								+ " environment variable is not set here.");
			}
			logger.warn("Graceful upgrades are off, although pingora.upgrade is '"
					+ environment.getProperty("pingora.upgrade") + "': pingora.upgrade-sock is not set");
		};
	}

}
