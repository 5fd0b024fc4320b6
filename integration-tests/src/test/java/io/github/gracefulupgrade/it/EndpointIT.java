package io.github.gracefulupgrade.it;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import com.jayway.jsonpath.JsonPath;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code /actuator/upgrade}.
 */
class EndpointIT {

	private static final String PATH = "/actuator/upgrade";

	@RegisterExtension
	static Service service = Service.withActuator("--management.endpoints.web.exposure.include=upgrade",
			Service.NO_QUIET_PERIOD);

	private static <T> T read(Http.Answer answer, String path) {
		return JsonPath.read(answer.body(), path);
	}

	private static long pid(Http.Answer answer, String path) {
		return JsonPath.<Number>read(answer.body(), path).longValue();
	}

	private static Http.Answer status(Instance instance) {
		Http.Answer answer = Http.get(instance.port(), PATH);
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.pid()).isEqualTo(instance.pid());
		return answer;
	}

	@Test
	void isNotExposedUnlessTheUserExposesIt() {
		Instance instance = service
			.start(Testbed.withActuator().onFreePort().upgradeSocket(service.folder().resolve("d")))
			.awaitServing();
		assertThat(Http.get(instance.port(), PATH).status()).isEqualTo(404);
		assertThat(Http.post(instance.port(), PATH).status()).isEqualTo(404);
		assertThat(Http.get(instance.port(), "/actuator/health").status()).isEqualTo(200);
	}

	@Test
	void tellsAndDrivesAnUpgradeFromTheFirstToTheNextIncumbent() {
		Instance incumbent = service.incumbent();
		Http.Answer serving = status(incumbent);
		assertThat(JsonPath.<Map<String, Object>>read(serving.body(), "$")).containsOnlyKeys("pid", "phase",
				"generation", "since", "listeners", "successor", "spawn", "predecessor", "drain", "lastAttempt");
		assertThat(pid(serving, "$.pid")).isEqualTo(incumbent.pid());
		assertThat(EndpointIT.<String>read(serving, "$.phase")).isEqualTo("SERVING");
		int generation = read(serving, "$.generation");
		assertThat(Instant.parse(read(serving, "$.since"))).isBefore(Instant.now());
		assertThat(EndpointIT.<List<String>>read(serving, "$.listeners[*].name")).containsExactly("server");
		assertThat(EndpointIT.<List<String>>read(serving, "$.listeners[*].address"))
			.containsExactly("127.0.0.1:" + incumbent.port());
		assertThat(EndpointIT.<Object>read(serving, "$.successor")).isNull();
		assertThat(EndpointIT.<Object>read(serving, "$.drain")).isNull();

		Instance successor = service.waitingSuccessor();
		incumbent.awaitLog(Say.successorWaits(successor));
		Http.Answer waiting = status(incumbent);
		assertThat(pid(waiting, "$.successor.pid")).isEqualTo(successor.pid());
		assertThat(Instant.parse(read(waiting, "$.successor.since"))).isBefore(Instant.now());

		Http.Answer upgraded = Http.post(incumbent.port(), PATH);
		assertThat(upgraded.status()).isEqualTo(200);
		assertThat(upgraded.pid()).isEqualTo(incumbent.pid());
		assertThat(EndpointIT.<String>read(upgraded, "$.attempt.outcome")).isEqualTo("HANDED_OVER");
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);

		Http.Answer after = status(successor);
		assertThat(EndpointIT.<Integer>read(after, "$.generation")).isEqualTo(generation + 1);
		assertThat(EndpointIT.<List<String>>read(after, "$.listeners[*].origin")).containsExactly("INHERITED");
		assertThat(pid(after, "$.predecessor.pid")).isEqualTo(incumbent.pid());
		assertThat(EndpointIT.<Boolean>read(after, "$.predecessor.draining")).isFalse();
	}

	@Test
	void answers409WithoutASuccessorAndRemembersNothing() {
		Instance incumbent = service.incumbent();
		Http.Answer answer = Http.post(incumbent.port(), PATH);
		assertThat(answer.status()).isEqualTo(409);
		assertThat(EndpointIT.<String>read(answer, "$.attempt.outcome")).isEqualTo("NO_SUCCESSOR");
		assertThat(EndpointIT.<String>read(answer, "$.attempt.reason")).contains("--upgrade");
		Instance successor = service.waitingSuccessor();
		Service.assertOnlyWorks(incumbent, successor);
		service.assertServes(incumbent);
	}

	@Test
	void answers502WithTheReasonWhenTheSuccessorFails() {
		Instance incumbent = service.incumbent();
		Instance successor = service.waitingSuccessor("--testbed.fail=runner");
		incumbent.awaitLog(Say.successorWaits(successor));
		Http.Answer answer = Http.post(incumbent.port(), PATH);
		assertThat(answer.status()).isEqualTo(502);
		assertThat(EndpointIT.<String>read(answer, "$.attempt.outcome")).isEqualTo("FAILED");
		assertThat(EndpointIT.<String>read(answer, "$.attempt.reason")).contains("Told to fail in: runner");
		Http.Answer after = status(incumbent);
		assertThat(EndpointIT.<String>read(after, "$.phase")).isEqualTo("SERVING");
		assertThat(EndpointIT.<String>read(after, "$.lastAttempt.outcome")).isEqualTo("FAILED");
		assertThat(EndpointIT.<String>read(after, "$.lastAttempt.reason")).contains("Told to fail in: runner");
		assertThat(successor.awaitExit()).isEqualTo(1);
		incumbent.awaitLog(Say.upgradeFailed(successor, incumbent) + ".*its start failed: ");
		assertThat(service.clients().answersByPid()).doesNotContainKey(successor.pid());
		service.assertServes(incumbent);
		Service.assertWorks(incumbent);
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@Test
	void answers202AtOnceAnd409WhileOneIsUnderWay() {
		Instance incumbent = service.incumbent();
		Path gate = service.gate();
		Instance successor = service.waitingSuccessor("--testbed.hold.web-servers=" + gate);
		incumbent.awaitLog(Say.successorWaits(successor));
		Http.Answer answer = Http.post(incumbent.port(), PATH + "?wait=0s");
		assertThat(answer.status()).isEqualTo(202);
		successor.awaitLog("Told to hold in: web-servers");
		assertThat(EndpointIT.<String>read(status(incumbent), "$.phase")).isEqualTo("HANDING_OVER");
		Http.Answer another = Http.post(incumbent.port(), PATH);
		assertThat(another.status()).isEqualTo(409);
		assertThat(EndpointIT.<String>read(another, "$.attempt.reason")).contains(Long.toString(successor.pid()));
		assertThat(Http.post(incumbent.port(), PATH + "?wait=soon").status()).isEqualTo(400);
		Service.open(gate);
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);
	}

	@Test
	void tellsHowFarADrainIs() {
		Instance first = service.incumbent();
		// With a server of its own, an incumbent can be asked when it accepts no more.
		int management = Instance.freePort();
		Instance incumbent = service.waitingSuccessor("--management.server.port=" + management,
				"--management.server.address=127.0.0.1");
		first.quit();
		assertThat(first.awaitExit()).isZero();
		service.assertServes(incumbent);
		Path gate = service.gate();
		CompletableFuture<Http.Answer> request = Http.begin(incumbent.port(), "/held?gate=" + gate);
		Service.awaitReceived(incumbent);
		Instance successor = service.waitingSuccessor();
		incumbent.awaitLog(Say.successorWaits(successor));
		incumbent.quit();
		incumbent.awaitLog(Say.drains(incumbent, successor));
		Http.Answer draining = Http.get(management, PATH);
		assertThat(pid(draining, "$.pid")).isEqualTo(incumbent.pid());
		assertThat(EndpointIT.<String>read(draining, "$.phase")).isEqualTo("DRAINING");
		assertThat(EndpointIT.<Integer>read(draining, "$.drain.requests")).isPositive();
		assertThat(EndpointIT.<Integer>read(draining, "$.drain.connections")).isPositive();
		assertThat(EndpointIT.<Integer>read(draining, "$.drain.cut")).isZero();
		assertThat(Duration.parse(read(draining, "$.drain.timeLeft"))).isBetween(Duration.ofSeconds(1),
				Duration.ofSeconds(20));
		Http.Answer after = status(successor);
		assertThat(pid(after, "$.predecessor.pid")).isEqualTo(incumbent.pid());
		assertThat(EndpointIT.<Boolean>read(after, "$.predecessor.draining")).isTrue();
		assertThat(Duration.between(Instant.parse(read(after, "$.since")), Instant.now())).isPositive();
		Service.open(gate);
		assertThat(request.join().pid()).isEqualTo(incumbent.pid());
		assertThat(incumbent.awaitExit()).isZero();
		service.assertServes(successor);
	}

}
