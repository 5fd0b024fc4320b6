package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.OptionalLong;

import org.jspecify.annotations.Nullable;

/**
 * Why an instance could not start as what it was asked to be, and what its operator can
 * do about it.
 */
final class StartFailures {

	private final Settings settings;

	private final OwnershipLock lock;

	StartFailures(Settings settings, OwnershipLock lock) {
		this.settings = settings;
		this.lock = lock;
	}

	// --- cold

	UpgradeException pathIsTaken(OptionalLong holder) {
		return new UpgradeException(
				"%s belongs to a running instance%s".formatted(this.settings.path(), pidText(holder)),
				"To replace the running instance by this one, start this one with --upgrade and send the running one"
						+ " a SIGQUIT%s. To run both, give each its own pingora.upgrade-sock."
							.formatted(holder.isPresent() ? " (kill -QUIT " + holder.getAsLong() + ")" : ""));
	}

	UpgradeException lockIsTaken(Duration patience) {
		return new UpgradeException(
				"%s.lock is held by an instance%s that does not answer at %s, and was not released within %s".formatted(
						this.settings.path(), pidText(this.lock.holder()), this.settings.path(),
						Incumbent.text(patience)),
				"That instance is starting or stopping. Wait until it serves and start this one with --upgrade, or end"
						+ " it, or give this one its own pingora.upgrade-sock.");
	}

	// --- reaching an incumbent

	UpgradeException nobodyAnswers(@Nullable String lastWord) {
		return new UpgradeException(
				"No running instance answered at %s within %s (pingora.connect-timeout)%s".formatted(
						this.settings.path(), Incumbent.text(this.settings.connectTimeout()),
						(lastWord != null) ? "; the last word was: " + lastWord : ""),
				"See that the running instance uses the same pingora.upgrade-sock. If there is none, start this one"
						+ " without --upgrade, or with --upgrade=auto.");
	}

	UpgradeException noWelcome() {
		return new UpgradeException(
				"The process at %s took the connection but did not answer within %s".formatted(this.settings.path(),
						Incumbent.text(this.settings.connectTimeout())),
				"See whether the running instance%s is stopped or overloaded.".formatted(pidText(this.lock.holder())));
	}

	UpgradeException refused(Message.Refused refused) {
		return switch (refused.reason()) {
			case BUSY -> new UpgradeException(
					"Another successor, pid=%d, is already there for the instance at %s".formatted(refused.pid(),
							this.settings.path()),
					"Let that one take over, or end it first (kill %d).".formatted(refused.pid()));
			case VERSION -> new UpgradeException("Refused: " + refused.text(), otherVersion());
			case FOREIGN ->
				new UpgradeException("Refused by the process at %s: %s".formatted(this.settings.path(), refused.text()),
						"Run this instance as the same user as the running one.");
			case LEAVING -> nobodyAnswers(refused.text());
		};
	}

	UpgradeException unknownVersion(Message.Welcome message) {
		return new UpgradeException(
				"Incumbent pid=%d speaks version %d of the upgrade protocol, this instance (pid=%d) version %d"
					.formatted(message.pid(), message.version(), this.settings.pid(), Message.PROTOCOL_VERSION),
				otherVersion());
	}

	UpgradeException wrongAnswer(Message message) {
		return new UpgradeException("The process at %s answered the question of pid=%d with %s"
			.formatted(this.settings.path(), this.settings.pid(), message.kind()), otherVersion());
	}

	private static String otherVersion() {
		return "Stop the running instance and start this one in its place, or upgrade by way of a version that"
				+ " speaks the same protocol.";
	}

	// --- after the welcome

	UpgradeException incumbentLeft(String reason) {
		return new UpgradeException("Nothing to take over for pid=%d: %s".formatted(this.settings.pid(), reason),
				"Start this instance without --upgrade, or with --upgrade=auto.");
	}

	UpgradeException noListenerInCommon(long incumbent) {
		return new UpgradeException(
				"This instance (pid=%d) has no listener in common with incumbent pid=%d".formatted(this.settings.pid(),
						incumbent),
				"Configure the addresses and ports that the running instance has, or stop it and start this one"
						+ " in its place.");
	}

	UpgradeException takenBack(String reason) {
		return new UpgradeException("The offer was taken back: " + reason,
				"The running instance goes on. See both logs for the reason (pingora.ready-timeout is how long a"
						+ " start may take after the offer), then try again.");
	}

	UpgradeException noCommit(long incumbent, Duration patience) {
		return new UpgradeException(
				"Incumbent pid=%d did not answer READY of pid=%d within %s".formatted(incumbent, this.settings.pid(),
						Incumbent.text(patience)),
				"See whether the running instance is stopped or overloaded, then try again.");
	}

	UpgradeException lockIsAnothers(long incumbent) {
		return new UpgradeException(
				"Incumbent pid=%d released the lock of %s, but another process%s took it".formatted(incumbent,
						this.settings.path(), pidText(this.lock.holder())),
				"See which other instance was started at the same time.");
	}

	UpgradeException incumbentLives(long incumbent, String reason) {
		return new UpgradeException(
				"The connection between incumbent pid=%d and pid=%d ended, but an instance%s lives: %s"
					.formatted(incumbent, this.settings.pid(), pidText(this.lock.holder()), reason),
				"The running instance serves on; see its log, then try again.");
	}

	UpgradeException ownsNothing() {
		return new UpgradeException("This instance does not own its listeners any more",
				"See the log for why the upgrade ended.");
	}

	UpgradeException abandoned(String reason) {
		return new UpgradeException(reason, "See the log of this instance.");
	}

	UpgradeException unexpected(Throwable cause) {
		return new UpgradeException("pid=%d could not go on with its upgrade: %s".formatted(this.settings.pid(), cause),
				"Nothing has changed for a running instance. See the cause, then try again.", cause);
	}

	private static String pidText(OptionalLong pid) {
		return pid.isPresent() ? " (pid=" + pid.getAsLong() + ")" : "";
	}

}
