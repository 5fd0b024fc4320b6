package io.github.gracefulupgrade.autoconfigure;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * Makes the management server upgradable, which lives in a context of its own if it has
 * its own port.
 */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@ConditionalOnClass(NettyReactiveWebServerFactory.class)
@ConditionalOnBean(UpgradeRuntime.class)
final class UpgradableManagementContextConfiguration {

	@Bean
	UpgradableWebServerFactoryCustomizer gracefulUpgradeManagementWebServerFactoryCustomizer(UpgradeRuntime runtime,
			ObjectProvider<ReactorResourceFactory> resources) {
		return new UpgradableWebServerFactoryCustomizer("management", runtime,
				GracefulUpgradeAutoConfiguration.loops(resources));
	}

	@Bean
	UpgradeGate gracefulUpgradeManagementListenersGate(UpgradeRuntime runtime, ConfigurableApplicationContext context) {
		return new UpgradeGate(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1) {

			@Override
			void pass() {
				runtime.beforeManagementServer(context);
			}

		};
	}

}
