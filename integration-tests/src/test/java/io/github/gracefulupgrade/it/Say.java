package io.github.gracefulupgrade.it;

import io.github.gracefulupgrade.test.Instance;

/**
 * What instances say in their logs at the steps of an upgrade, as patterns: who, and
 * what. Tests wait for these, and operators read them.
 */
final class Say {

	private Say() {
	}

	/** The incumbent welcomed a successor that has gone before it was handed over to. */
	static String successorLeft(Instance successor, Instance incumbent) {
		return "Successor pid=%d is gone before incumbent pid=%d".formatted(successor.pid(), incumbent.pid());
	}

	/** The incumbent knows that a successor waits. */
	static String successorWaits(Instance successor) {
		return "Successor pid=%d is ready and waits".formatted(successor.pid());
	}

	/** An upgrade that had begun has failed, and the incumbent goes on. */
	static String upgradeFailed(Instance successor, Instance incumbent) {
		return upgradeFailed(successor.pid(), incumbent);
	}

	/** An upgrade that had begun has failed, and the incumbent goes on. */
	static String upgradeFailed(long successor, Instance incumbent) {
		return "WARN.*Upgrade failed(?=.*pid=%d\\b)(?=.*pid=%d\\b)".formatted(successor, incumbent.pid());
	}

	/** The successor accepts, and so does the incumbent for a while. */
	static String handedOver(Instance successor) {
		return "Handed over: successor pid=%d accepts".formatted(successor.pid());
	}

	/** The incumbent accepts no more. */
	static String drains(Instance incumbent, Instance successor) {
		return "pid=%d accepts no more and drains into pid=%d".formatted(incumbent.pid(), successor.pid());
	}

	/** The successor was the owner, had not accepted, and is not there any more. */
	static String servesOn(Instance incumbent) {
		return "pid=%d owns the listeners again and serves on".formatted(incumbent.pid());
	}

	/** The successor had accepted, and is not there any more. */
	static String acceptsAgain(Instance incumbent, Instance successor) {
		return "pid=%d is gone; incumbent pid=%d owns the listeners again and accepts again".formatted(successor.pid(),
				incumbent.pid());
	}

}
