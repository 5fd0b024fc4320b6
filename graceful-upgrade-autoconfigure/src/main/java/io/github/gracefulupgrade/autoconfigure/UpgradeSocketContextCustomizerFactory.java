package io.github.gracefulupgrade.autoconfigure;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;

/**
 * Gives the contexts of tests upgrade sockets of their own, see
 * {@link UpgradeSocketContextCustomizer}.
 */
final class UpgradeSocketContextCustomizerFactory implements ContextCustomizerFactory {

	@Override
	public @Nullable ContextCustomizer createContextCustomizer(Class<?> testClass,
			List<ContextConfigurationAttributes> configAttributes) {
		return new UpgradeSocketContextCustomizer();
	}

}
