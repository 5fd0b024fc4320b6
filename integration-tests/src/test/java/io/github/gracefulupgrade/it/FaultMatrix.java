package io.github.gracefulupgrade.it;

import java.util.ArrayList;
import java.util.List;

/**
 * The table: what each fault at each step of a handover may cost, and who serves
 * afterwards. {@link FaultMatrixIT} runs it and prints what it found.
 */
final class FaultMatrix {

	private static final List<Row> ROWS = rows();

	private FaultMatrix() {
	}

	/**
	 * The rows that every build runs: one for each way in which things can end.
	 */
	static List<Row> shortForm() {
		return ROWS.stream().filter(Row::telling).toList();
	}

	/**
	 * All others.
	 */
	static List<Row> rest() {
		return ROWS.stream().filter((row) -> !row.telling()).toList();
	}

	private static List<Row> rows() {
		Table table = new Table();
		// --- the successor's side
		table.at(FaultStep.BEFORE_HELLO)
			.row(Fault.KILL, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.TERMINATE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.INCUMBENT);
		table.at(FaultStep.WELCOMED)
			.row(Fault.KILL, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.TERMINATE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.INCUMBENT);
		table.at(FaultStep.WAITING)
			.row(Fault.KILL, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.TERMINATE, Loss.NOTHING, Serves.INCUMBENT);
		table.at(FaultStep.OFFER_CAME)
			.row(Fault.KILL, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.TERMINATE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.INCUMBENT);
		table.at(FaultStep.BEFORE_READY)
			.telling(Fault.KILL, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.TERMINATE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.INCUMBENT);
		table.at(FaultStep.COMMIT_CAME)
			.row(Fault.KILL, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.TERMINATE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.EITHER)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.EITHER)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.EITHER)
			.row(Fault.DISK_FULL, Loss.NOTHING, Serves.SUCCESSOR);
		table.at(FaultStep.OWNER)
			.row(Fault.KILL, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.TERMINATE, Loss.IDLE_CONNECTIONS_OF_THE_VICTIM, Serves.INCUMBENT)
			.telling(Fault.FOLDER_GONE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.DISK_FULL, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.LISTENER_THROWS, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.LISTENER_OUT_OF_MEMORY, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.OUT_OF_MEMORY, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.FULL_ACCEPT_QUEUE, Loss.NOTHING, Serves.SUCCESSOR);
		table.at(FaultStep.BEFORE_ACCEPTING)
			.telling(Fault.KILL, Loss.REQUESTS_OF_THE_VICTIM, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			.telling(Fault.TERMINATE, Loss.IDLE_CONNECTIONS_OF_THE_VICTIM, Serves.INCUMBENT)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.SUCCESSOR);
		table.at(FaultStep.CONNECTIONS_CAME)
			.telling(Fault.KILL, Loss.REQUESTS_OF_THE_VICTIM, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.TERMINATE, Loss.IDLE_CONNECTIONS_OF_THE_VICTIM, Serves.INCUMBENT)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.SUCCESSOR);
		table.at(FaultStep.BEFORE_GOODBYE)
			.row(Fault.KILL, Loss.REQUESTS_OF_THE_VICTIM, Serves.INCUMBENT)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			// GOODBYE is said, so both go: that is what the operator asked for.
			.row(Fault.TERMINATE, Loss.WHILE_NOBODY_LIVES, Serves.NOBODY)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.SUCCESSOR);
		// --- the incumbent's side
		table.at(FaultStep.BEFORE_OFFER)
			.row(Fault.KILL, Loss.WHILE_NOBODY_LIVES, Serves.NOBODY)
			.row(Fault.STOP, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.TERMINATE, Loss.WHILE_NOBODY_LIVES, Serves.NOBODY)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.NO_DESCRIPTORS, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.LISTENER_THROWS, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.LISTENER_OUT_OF_MEMORY, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.OUT_OF_MEMORY, Loss.NOTHING, Serves.SUCCESSOR);
		table.at(FaultStep.OFFERED)
			.telling(Fault.KILL, Loss.REQUESTS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.row(Fault.STOP, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.TERMINATE, Loss.WHILE_NOBODY_LIVES, Serves.NOBODY);
		table.at(FaultStep.BEFORE_COMMIT)
			.telling(Fault.KILL, Loss.REQUESTS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.row(Fault.STOP, Loss.NOTHING, Serves.INCUMBENT)
			.row(Fault.TERMINATE, Loss.IDLE_CONNECTIONS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.EITHER)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.EITHER)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.EITHER);
		table.at(FaultStep.COMMITTED)
			.row(Fault.KILL, Loss.REQUESTS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.TERMINATE, Loss.IDLE_CONNECTIONS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.row(Fault.FULL_ACCEPT_QUEUE, Loss.NOTHING, Serves.SUCCESSOR);
		table.at(FaultStep.ACCEPTING_CAME)
			.row(Fault.KILL, Loss.REQUESTS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.TERMINATE, Loss.IDLE_CONNECTIONS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.LISTENER_THROWS, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.LISTENER_OUT_OF_MEMORY, Loss.NOTHING, Serves.SUCCESSOR);
		table.at(FaultStep.BOTH_ACCEPT)
			.row(Fault.KILL, Loss.REQUESTS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.TERMINATE, Loss.IDLE_CONNECTIONS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.telling(Fault.FULL_ACCEPT_QUEUE, Loss.NOTHING, Serves.SUCCESSOR);
		table.at(FaultStep.BEFORE_CONNECTIONS)
			.row(Fault.KILL, Loss.REQUESTS_OF_THE_VICTIM, Serves.SUCCESSOR)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.TERMINATE, Loss.IDLE_CONNECTIONS_OF_THE_VICTIM, Serves.SUCCESSOR)
			// Who holds a batch that was not acknowledged must not touch it again.
			.row(Fault.CLOSE, Loss.CONNECTIONS_ON_THEIR_WAY, Serves.SUCCESSOR)
			.row(Fault.HALF_A_FRAME, Loss.CONNECTIONS_ON_THEIR_WAY, Serves.SUCCESSOR)
			.row(Fault.ANOTHER_FRAME, Loss.CONNECTIONS_ON_THEIR_WAY, Serves.SUCCESSOR)
			.row(Fault.NO_DESCRIPTORS, Loss.CONNECTIONS_ON_THEIR_WAY, Serves.SUCCESSOR);
		table.at(FaultStep.BEFORE_FAREWELL)
			.row(Fault.KILL, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.TERMINATE, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.CLOSE, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.HALF_A_FRAME, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.ANOTHER_FRAME, Loss.NOTHING, Serves.SUCCESSOR);
		table.at(FaultStep.FAREWELL_SENT)
			.row(Fault.KILL, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.STOP, Loss.NOTHING, Serves.SUCCESSOR)
			.row(Fault.TERMINATE, Loss.NOTHING, Serves.SUCCESSOR);
		return table.rows;
	}

	/**
	 * Who serves in the end.
	 */
	enum Serves {

		INCUMBENT, SUCCESSOR,

		/** One of the two, whichever gets the lock first. */
		EITHER,

		/** No process is left: the next cold start does. */
		NOBODY

	}

	/**
	 * What a fault may cost. Clients are never refused while a process lives.
	 */
	enum Loss {

		NOTHING,

		/** What was on its way to the process that died. */
		REQUESTS_OF_THE_VICTIM,

		/** As with every SIGTERM: on connections that were idle when they were closed. */
		IDLE_CONNECTIONS_OF_THE_VICTIM,

		/** What was not acknowledged when the connection between the two broke. */
		CONNECTIONS_ON_THEIR_WAY,

		/** Everything, until there is a process again. */
		WHILE_NOBODY_LIVES

	}

	/**
	 * What happens.
	 */
	enum Fault {

		/** SIGKILL. */
		KILL,

		/** SIGSTOP for longer than every timeout, then SIGCONT. */
		STOP,

		/** SIGTERM. */
		TERMINATE,

		/** The victim's end of the connection is closed. */
		CLOSE,

		/** The victim sends three bytes, and closes. */
		HALF_A_FRAME,

		/** The victim sends a frame that has no place there. */
		ANOTHER_FRAME,

		/** The folder of the socket and the pid file is not there. */
		FOLDER_GONE,

		/** Nothing can be written to a file. */
		DISK_FULL,

		/** The successor has no descriptor free when the next ones come. */
		NO_DESCRIPTORS,

		/** A listener of the application throws, at each change of the phase. */
		LISTENER_THROWS,

		/** The same, with an error. */
		LISTENER_OUT_OF_MEMORY,

		/** A thread of the application fills the heap, at each change of the phase. */
		OUT_OF_MEMORY,

		/** There are more clients than the kernel's queue holds. */
		FULL_ACCEPT_QUEUE

	}

	/**
	 * A row of the table.
	 *
	 * @param step when it happens, and to whom
	 * @param fault what happens
	 * @param allowed what it may cost
	 * @param serves who serves in the end
	 * @param telling whether every build tries it
	 */
	record Row(FaultStep step, Fault fault, Loss allowed, Serves serves, boolean telling) {

		@Override
		public String toString() {
			return this.step.victim() + " " + this.step + " " + this.fault;
		}

	}

	private static final class Table {

		private final List<Row> rows = new ArrayList<>();

		private FaultStep step = FaultStep.BEFORE_HELLO;

		private Table at(FaultStep step) {
			this.step = step;
			return this;
		}

		private Table row(Fault fault, Loss allowed, Serves serves) {
			this.rows.add(new Row(this.step, fault, allowed, serves, false));
			return this;
		}

		private Table telling(Fault fault, Loss allowed, Serves serves) {
			this.rows.add(new Row(this.step, fault, allowed, serves, true));
			return this;
		}

	}

}
