package io.github.gracefulupgrade.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Load;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Upgrades do not wear out what they hand over.
 */
@Tag("long")
class RepeatedUpgradesIT {

	@RegisterExtension
	static Service service = new Service();

	@Test
	void tenInARowUnderLoadRefuseNobodyAndLeaveNoDescriptorOpen() {
		// Without the service's own clients: descriptors are counted when there are none.
		Instance first = Service.awaitUpgradable(service.start());
		Instance second = upgrade(first, 2);
		Map<String, Long> expected = settledDescriptors(second);
		Instance tenth = upgrade(second, 8);
		assertThat(settledDescriptors(tenth)).as("open descriptors of the tenth process").isEqualTo(expected);
		service.assertServes(tenth);
	}

	private static Instance upgrade(Instance incumbent, int times) {
		Instance current = incumbent;
		List<Long> pids = new ArrayList<>(List.of(current.pid()));
		try (Load load = Load.on(current)
			.paths("/", "/slow?ms=200", "/async?ms=50", "/scheduled?ms=50")
			.keepAlive(0)
			.fresh(8)
			.rate(150)
			.start()
			.awaitAnswers(50)) {
			for (int i = 0; i < times; i++) {
				Instance successor = service.waitingSuccessor();
				load.mark("SIGQUIT to " + current);
				current.quit();
				assertThat(current.awaitExit()).isZero();
				load.awaitAnswers(successor, 50);
				current = successor;
				pids.add(current.pid());
			}
			assertThat(load.stop().assertNothingLost().answersByPid()).containsOnlyKeys(pids.toArray(Long[]::new));
		}
		return current;
	}

	/**
	 * What a process has open, by kind, when it has done what there is to do.
	 */
	private static Map<String, Long> settledDescriptors(Instance instance) {
		Await.until(() -> assertThat(Listeners.connections(instance.port())).isZero());
		Map<String, Long> before = Map.of();
		Map<String, Long> now = descriptors(instance);
		long deadline = System.nanoTime() + Instance.PATIENCE.toNanos();
		while (!now.equals(before)) {
			assertThat(System.nanoTime() - deadline).as("descriptors keep changing: %s, %s", before, now).isNegative();
			Service.awaitAtLeast(1);
			before = now;
			now = descriptors(instance);
		}
		return now;
	}

	private static Map<String, Long> descriptors(Instance instance) {
		return instance.openDescriptors()
			.stream()
			.map((target) -> target.replaceAll("\\[[0-9]+]", "").replaceAll("^/tmp/\\w+ \\(deleted\\)", "(deleted)"))
			.collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
	}

}
