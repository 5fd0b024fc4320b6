package io.github.gracefulupgrade.it.drain;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Fate;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A successor takes over little by little.
 */
@Tag("long")
class RampIT {

	private static Application application(Duration closeTimeout) {
		return Sample.application()
			.args("--pingora.ramp.enabled=true", "--pingora.close-timeout=" + closeTimeout.toMillis() + "ms");
	}

	private static Load fresh(Instance instance) {
		return Load.on(instance).keepAlive(0).fresh(6).rate(150).start().awaitAnswers(100);
	}

	@Test
	void shareOfTheSuccessorGrowsAndNothingIsLost() {
		Application app = application(Duration.ofSeconds(6));
		try (Instance v1 = app.start().awaitServing(); Load load = fresh(v1)) {
			try (Upgrade upgrade = Upgrade.of(v1).to(app).under(load).perform()) {
				load.awaitAnswers(100);
				LoadReport report = load.stop().assertNothingLost();
				assertThat(upgrade.exitCode()).isZero();
				long successor = upgrade.successor().pid();
				// While both accept: from the first answer of the one to the last of the
				// other.
				long begin = report.firstAnswerBy(successor).orElseThrow().startedAt();
				long third = (last(report, v1.pid()) - begin) / 3;
				double first = share(report.between(begin, begin + third), successor);
				double second = share(report.between(begin + third, begin + 2 * third), successor);
				double last = share(report.between(begin + 2 * third, begin + 3 * third), successor);
				System.out.printf("Share of the successor by thirds: %.2f, %.2f, %.2f%n", first, second, last);
				assertThat(first).as("share in the first third").isLessThan(0.5);
				assertThat(last).as("share in the last third").isGreaterThan(0.5).isGreaterThan(1.5 * first);
			}
		}
	}

	private static long last(LoadReport report, long pid) {
		return report.fates()
			.stream()
			.filter((fate) -> fate.pid() == pid)
			.mapToLong(Fate::startedAt)
			.max()
			.orElseThrow();
	}

	private static double share(LoadReport report, long pid) {
		return report.answersByPid().getOrDefault(pid, 0) / (double) report.fates().size();
	}

	@Test
	void incumbentAcceptsAllAgainWhenTheSuccessorIsKilledInTheMiddle() {
		Application app = application(Duration.ofMinutes(1));
		try (Instance v1 = app.start().awaitServing(); Load load = fresh(v1); Instance v2 = app.successor().start()) {
			v2.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
			v1.quit();
			load.awaitAnswers(v2, 20);
			v2.kill();
			v2.awaitExit();
			v1.awaitLog("pid=%d owns the listeners again and accepts again".formatted(v1.pid()));
			long from = System.nanoTime();
			load.awaitAnswers(300);
			LoadReport report = load.stop();
			assertThat(report.refused()).isEmpty();
			// What the killed one had accepted is lost, and nothing else.
			assertThat(report.lost()).hasSizeLessThanOrEqualTo(6);
			LoadReport afterwards = report.between(from, Long.MAX_VALUE / 2 + from).assertNothingLost();
			assertThat(afterwards.answersByPid()).containsOnlyKeys(v1.pid());
		}
	}

	@Test
	void successorAcceptsAllWhenTheIncumbentIsKilledInTheMiddle() {
		Application app = application(Duration.ofMinutes(1));
		try (Instance v1 = app.start().awaitServing(); Load load = fresh(v1); Instance v2 = app.successor().start()) {
			v2.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
			v1.quit();
			load.awaitAnswers(v2, 20);
			v1.kill();
			v1.awaitExit();
			v2.awaitLog("Predecessor pid=%d is gone".formatted(v1.pid()));
			long from = System.nanoTime();
			load.awaitAnswers(300);
			LoadReport report = load.stop();
			assertThat(report.refused()).isEmpty();
			assertThat(report.lost()).hasSizeLessThanOrEqualTo(6);
			assertThat(report.between(from, Long.MAX_VALUE / 2 + from).assertNothingLost().answersByPid())
				.containsOnlyKeys(v2.pid());
		}
	}

	@Test
	void idleConnectionsMoveOneAfterTheOther() {
		int count = 40;
		Application app = Sample.application().args("--pingora.ramp.connections-over=8s");
		try (Instance v1 = app.start().awaitServing()) {
			List<RawClient> clients = IntStream.range(0, count).mapToObj((i) -> RawClient.plain(v1.port())).toList();
			clients.forEach((client) -> assertThat(client.get("/").pid()).isEqualTo(v1.pid()));
			try (Instance v2 = app.successor().start()) {
				v2.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
				v1.quit();
				v1.awaitLog("accepts no more and drains");
				List<Integer> moved = new ArrayList<>();
				do {
					int served = 0;
					for (RawClient client : clients) {
						// On the one connection that it has; any end of it is an error.
						RawClient.Response response = client.get("/");
						assertThat(response.announcesClose()).isFalse();
						served += (response.pid() == v2.pid()) ? 1 : 0;
					}
					moved.add(served);
				}
				while (moved.get(moved.size() - 1) < count);
				assertThat(moved).isSorted();
				assertThat(moved.stream().filter((served) -> served > count / 5 && served < count * 4 / 5).distinct())
					.as("how many had moved at different times, of %d", count)
					.hasSizeGreaterThanOrEqualTo(3);
				assertThat(v1.awaitExit()).isZero();
				v1.awaitLog(", 0 cut; %d connection\\(s\\) handed over, 0 closed".formatted(count));
				clients.forEach(RawClient::close);
			}
		}
	}

}
