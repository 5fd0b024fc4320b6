package io.github.gracefulupgrade.it;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where upgrades are not possible, it is said where one was asked for, and the
 * application is an ordinary one elsewhere.
 */
class PlatformIT {

	@RegisterExtension
	static Service service = new Service(Service.NO_QUIET_PERIOD);

	@ParameterizedTest
	@ValueSource(strings = { "-Xrs", "-Dreactor.netty.native=false" })
	void thatCannotUpgradeFailsAtTheStartWhereAnUpgradeWasAskedForAndWarnsElsewhere(String option) {
		assertFailsWhereAnUpgradeWasAskedForAndWarnsElsewhere(option);
	}

	@Test
	@Tag("long")
	void nettyWithoutItsNativeTransportIsTheSame() {
		assertFailsWhereAnUpgradeWasAskedForAndWarnsElsewhere("-Dio.netty.transport.noNative=true");
	}

	private static void assertFailsWhereAnUpgradeWasAskedForAndWarnsElsewhere(String option) {
		Instance incumbent = service.incumbent();
		String culprit = option.contains("netty") ? "epoll" : "-Xrs";
		Instance successor = service.start(service.application().jvmOptions(option).successor());
		Service.assertFailsToStart(successor, "cannot take over", culprit);
		Application elsewhere = Testbed.withActuator().onFreePort().upgradeSocket(service.folder().resolve("none"));
		Instance ordinary = service
			.start(elsewhere.jvmOptions(option).args("--management.endpoints.web.exposure.include=upgrade"))
			.awaitServing();
		ordinary.awaitLog("WARN.*Graceful upgrades are off.*" + culprit);
		assertThat(Http.get(ordinary.port(), "/").status()).isEqualTo(200);
		assertThat(Http.get(ordinary.port(), "/actuator/upgrade").body()).contains("\"phase\":\"OFF\"");
		assertThat(service.folder().resolve("none")).doesNotExist();
		service.assertServesAndCanBeUpgraded(incumbent);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "-Dspring.main.web-application-type=none" })
	void withoutTheUpgradeSocketTheStarterIsInert(String option) {
		// What there would be: threads of its own before the start is over, and a line
		// after it.
		assertThat(Service.threads(service.incumbent())).anyMatch((name) -> name.startsWith("gracefu"));
		Application inert = Testbed.application().onFreePort();
		Instance instance = service.start(option.isEmpty() ? inert.args("--pingora.upgrade-sock=")
				: inert.jvmOptions(option).upgradeSocket(service.folder().resolve("none")));
		instance.awaitLog("Started TestbedApplication");
		Service.assertWorks(instance);
		assertThat(Service.threads(instance)).isNotEmpty().noneMatch((name) -> name.startsWith("gracefu"));
		assertThat(instance.log()).noneMatch((line) -> line.contains("GracefulUpgrade"));
		assertThat(service.folder().resolve("none")).doesNotExist();
	}

}
