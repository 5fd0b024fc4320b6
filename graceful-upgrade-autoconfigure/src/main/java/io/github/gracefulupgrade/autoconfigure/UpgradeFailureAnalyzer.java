package io.github.gracefulupgrade.autoconfigure;

import io.github.gracefulupgrade.handover.UpgradeException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Tells the operator why an instance cannot start as what it was asked to be.
 */
final class UpgradeFailureAnalyzer extends AbstractFailureAnalyzer<UpgradeException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, UpgradeException cause) {
		return new FailureAnalysis(cause.getMessage(), cause.getAction(), cause);
	}

}
