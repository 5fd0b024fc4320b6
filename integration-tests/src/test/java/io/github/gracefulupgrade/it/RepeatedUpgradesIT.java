package io.github.gracefulupgrade.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import io.github.gracefulupgrade.test.LoadReport;
import io.github.gracefulupgrade.test.Upgrade;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Upgrades do not wear out what they hand over.
 */
class RepeatedUpgradesIT {

	private static final int UPGRADES = 10;

	@RegisterExtension
	Service service = new Service("--spring.application.name=repeated");

	@Test
	void tenInARowUnderLoadRefuseNobodyAndLeaveNoDescriptorOpen() {
		Instance instance = this.service.incumbent();
		List<Long> pids = new ArrayList<>(List.of(instance.pid()));
		Map<String, Long> second = Map.of();
		try (Load load = Load.on(instance)
			.paths("/", "/slow?ms=200", "/async?ms=50", "/scheduled?ms=50")
			.keepAlive(0)
			.fresh(8)
			.rate(150)
			.start()
			.awaitAnswers(50)) {
			for (int i = 1; i <= UPGRADES; i++) {
				Instance successor = this.service.startSuccessor();
				successor.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
				load.mark("upgrade " + i);
				instance.quit();
				assertThat(instance.awaitExit()).isZero();
				load.awaitAnswers(successor, 50);
				instance = successor;
				pids.add(instance.pid());
				if (i == 2) {
					second = settledDescriptors(load, instance);
				}
			}
			LoadReport report = load.awaitAnswers(50).soFar().assertNothingLost();
			assertThat(report.answersByPid().keySet()).containsExactlyElementsOf(pids);
			Instance tenth = instance;
			Map<String, Long> expected = second;
			Await.until(() -> assertThat(descriptors(tenth)).isEqualTo(expected));
			load.stop().assertNothingLost();
		}
		this.service.assertServes(instance);
	}

	/**
	 * What a process has open when it has done what there is to do. Connections of the
	 * load come and go, so the lowest of some counts is taken.
	 */
	private static Map<String, Long> settledDescriptors(Load load, Instance instance) {
		Map<String, Long> lowest = descriptors(instance);
		for (int i = 0; i < 20; i++) {
			load.awaitAnswers(5);
			Map<String, Long> now = descriptors(instance);
			if (total(now) < total(lowest)) {
				lowest = now;
			}
		}
		return lowest;
	}

	private static long total(Map<String, Long> descriptors) {
		return descriptors.values().stream().mapToLong(Long::longValue).sum();
	}

	/**
	 * What a process has open, by kind.
	 */
	private static Map<String, Long> descriptors(Instance instance) {
		return instance.openDescriptors()
			.stream()
			.map((target) -> target.replaceAll("[0-9]+", "#").replaceAll("/[^ ]*/", ""))
			.collect(Collectors.groupingBy(Function.identity(), java.util.TreeMap::new, Collectors.counting()));
	}

}
