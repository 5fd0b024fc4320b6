package io.github.gracefulupgrade;

import java.util.concurrent.CompletionStage;

/**
 * The upgrade as the application sees it: its state, and the way to trigger it. There is
 * a bean of this type in a reactive web application on Reactor Netty for which
 * {@code pingora.upgrade-sock} is set; where it may be missing, in a slice test for
 * example, ask for an {@code ObjectProvider} of it. Thread-safe.
 */
public interface GracefulUpgrade {

	/**
	 * The state of this instance.
	 * @return the state now
	 */
	UpgradeStatus status();

	/**
	 * Hand over to the successor that waits. If there is none, it is started first where
	 * {@code pingora.spawn.enabled} says so. Unlike a SIGQUIT, a request is not
	 * remembered if there is no successor at all; if one is still being built, it is, for
	 * at most {@code pingora.trigger-window}. While an upgrade is under way, and when
	 * this instance shuts down, the outcome is {@link UpgradeStatus.Outcome#REFUSED}.
	 * @return completes with the outcome when it is known, on a thread of its own, on
	 * which what depends on it may block. Never completes exceptionally.
	 */
	CompletionStage<UpgradeStatus.Attempt> upgrade();

}
