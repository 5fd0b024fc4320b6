package io.github.gracefulupgrade.systemd;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

import io.github.gracefulupgrade.handover.Attempt;
import io.github.gracefulupgrade.handover.Phase;
import io.github.gracefulupgrade.handover.Snapshot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ServiceReport}.
 */
class ServiceReportTests {

	private final ServiceReport report = new ServiceReport(17, () -> 123456789);

	@Test
	void aColdStartIsReadyWhenItServes() {
		assertThat(next(Phase.STARTING)).isNull();
		assertThat(next(Phase.SERVING)).isEqualTo("READY=1\nSTATUS=Serving.");
		assertThat(next(Phase.SERVING)).isNull();
	}

	@Test
	void aSuccessorIsTheMainProcessWhenItAccepts() {
		Snapshot.Predecessor predecessor = new Snapshot.Predecessor(16, true, null);
		assertThat(next(Phase.STARTING)).isNull();
		assertThat(next(Phase.WAITING)).isNull();
		assertThat(next(Phase.TAKING_OVER)).isNull();
		assertThat(this.report.next(snapshot(Phase.SERVING, 2, null, predecessor, null)))
			.isEqualTo("READY=1\nMAINPID=17\nSTATUS=Serving, generation 2. Took over from pid 16, which finishes its"
					+ " requests.");
		assertThat(this.report.next(snapshot(Phase.SERVING, 2, null, new Snapshot.Predecessor(16, false, null), null)))
			.isEqualTo("STATUS=Serving, generation 2.");
	}

	@Test
	void anIncumbentReloadsAndNamesItsSuccessorAndIsSilentFromThenOn() {
		next(Phase.SERVING);
		assertThat(this.report.next(snapshot(Phase.SERVING, 0, successor(false), null, null)))
			.isEqualTo("STATUS=Serving. Pid 18 starts, to take over.");
		assertThat(this.report.next(snapshot(Phase.SERVING, 0, successor(true), null, null)))
			.isEqualTo("STATUS=Serving. Pid 18 waits to take over.");
		assertThat(this.report.next(snapshot(Phase.HANDING_OVER, 0, successor(true), null, null)))
			.isEqualTo("RELOADING=1\nMONOTONIC_USEC=123456789\nSTATUS=Hands over to pid 18.");
		assertThat(this.report.next(snapshot(Phase.HANDING_OVER, 0, successor(true), null, null))).isNull();
		assertThat(this.report.next(snapshot(Phase.CLOSING, 0, successor(true), null, null)))
			.isEqualTo("READY=1\nMAINPID=18");
		assertThat(this.report.next(snapshot(Phase.DRAINING, 0, successor(true), null, null))).isNull();
		assertThat(this.report.next(snapshot(Phase.GONE, 0, successor(true), null, null))).isNull();
	}

	@Test
	void aReloadBeginsWhenTheSuccessorIsStarted() {
		next(Phase.SERVING);
		assertThat(this.report.next(spawning(null))).isEqualTo(
				"RELOADING=1\nMONOTONIC_USEC=123456789\n" + "STATUS=Serving. Starts a new process, to hand over to.");
		assertThat(this.report.next(spawning(successor(false))))
			.isEqualTo("STATUS=Serving. Pid 18 starts, to take over.");
		// It is decided, and not begun.
		assertThat(this.report.next(snapshot(Phase.SERVING, 0, successor(true), null, null)))
			.isEqualTo("STATUS=Serving. Pid 18 waits to take over.");
		assertThat(this.report.next(snapshot(Phase.HANDING_OVER, 0, successor(true), null, null)))
			.isEqualTo("STATUS=Hands over to pid 18.");
		assertThat(next(Phase.SERVING)).isEqualTo("READY=1\nSTATUS=Serving.");
	}

	@Test
	void aSuccessorThatCouldNotBeStartedEndsTheReload() {
		next(Phase.SERVING);
		this.report.next(spawning(null));
		assertThat(next(Phase.SERVING)).isEqualTo("READY=1\nSTATUS=Serving.");
		assertThat(next(Phase.SERVING)).isNull();
	}

	private static Snapshot spawning(Snapshot.Successor successor) {
		return new Snapshot(Phase.SERVING, Instant.EPOCH, 0, successor, null, null, null,
				new Snapshot.Spawn(OptionalLong.of(18), Instant.EPOCH));
	}

	@Test
	void aReloadThatFailsIsOverAndTheStatusSaysWhy() {
		next(Phase.SERVING);
		next(Phase.HANDING_OVER);
		Attempt failed = new Attempt(Attempt.Outcome.FAILED, "its start failed:\n  no database", Duration.ZERO,
				OptionalLong.of(18), List.of());
		assertThat(this.report.next(snapshot(Phase.SERVING, 0, null, null, failed)))
			.isEqualTo("READY=1\nSTATUS=Serving. The last upgrade failed: its start failed: no database.");
	}

	@ParameterizedTest
	@EnumSource(value = Phase.class, names = { "CLOSING", "DRAINING" })
	void oneThatTakesItBackIsTheMainProcessAgain(Phase phase) {
		next(Phase.SERVING);
		next(Phase.HANDING_OVER);
		this.report.next(snapshot(phase, 0, successor(true), null, null));
		assertThat(next(Phase.SERVING)).isEqualTo("READY=1\nMAINPID=17\nSTATUS=Serving.");
	}

	@Test
	void whatWasOverBeforeItCouldBeToldIsLeftOut() {
		next(Phase.SERVING);
		// HANDING_OVER came and went.
		assertThat(next(Phase.SERVING)).isNull();
		assertThat(this.report.next(snapshot(Phase.DRAINING, 0, successor(true), null, null)))
			.isEqualTo("READY=1\nMAINPID=18");
	}

	@Test
	void oneThatShutsDownWithoutASuccessorStopsTheUnit() {
		next(Phase.SERVING);
		assertThat(next(Phase.STOPPING)).isEqualTo("STOPPING=1\nSTATUS=Shuts down; requests in flight may finish.");
		assertThat(next(Phase.STOPPING)).isNull();
	}

	@Test
	void aSuccessorThatEndsBeforeItServedStopsNothing() {
		next(Phase.WAITING);
		assertThat(next(Phase.STOPPING)).isNull();
	}

	private String next(Phase phase) {
		return this.report.next(snapshot(phase, 0, null, null, null));
	}

	private static Snapshot.Successor successor(boolean waiting) {
		return new Snapshot.Successor(18, Instant.EPOCH, waiting);
	}

	static Snapshot snapshot(Phase phase, int generation, Snapshot.Successor successor,
			Snapshot.Predecessor predecessor, Attempt attempt) {
		return new Snapshot(phase, Instant.EPOCH, generation, successor, predecessor, null, attempt, null);
	}

}
