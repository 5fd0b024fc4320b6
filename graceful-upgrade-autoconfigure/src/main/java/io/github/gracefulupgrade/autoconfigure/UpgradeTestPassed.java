package io.github.gracefulupgrade.autoconfigure;

/**
 * Ends the start of an instance that only tried whether it could take over, and could.
 * Spring has no other way to give a start up in its middle.
 */
final class UpgradeTestPassed extends RuntimeException {

	UpgradeTestPassed() {
		super("The upgrade test has passed, and ends here (pingora.upgrade=test)", null, false, false);
	}

}
