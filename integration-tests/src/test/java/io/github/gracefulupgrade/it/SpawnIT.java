package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import com.jayway.jsonpath.JsonPath;
import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An incumbent that starts its successor itself, and what it starts is no good. The
 * command is a shell script, which each test writes.
 */
class SpawnIT {

	private static final String PATH = "/actuator/upgrade";

	@RegisterExtension
	static Service service = new Service(Testbed::withActuator,
			(application) -> application.args("--management.endpoints.web.exposure.include=upgrade",
					"--pingora.spawn.enabled=true", "--pingora.spawn.timeout=20s", "--pingora.spawn.command[0]=sh",
					"--pingora.spawn.command[1]=" + SpawnIT.service.folder().resolve("spawn.sh")));

	private Path script;

	private Instance incumbent;

	@BeforeEach
	void start() {
		this.script = service.folder().resolve("spawn.sh");
		this.incumbent = service.incumbent();
	}

	private void script(String... lines) throws IOException {
		Files.writeString(this.script, String.join("\n", lines) + "\n");
	}

	private static <T> T read(Http.Answer answer, String path) {
		return JsonPath.read(answer.body(), path);
	}

	private Http.Answer post() {
		return Http.post(this.incumbent.port(), PATH);
	}

	private Http.Answer status() {
		return Http.get(this.incumbent.port(), PATH);
	}

	/**
	 * The upgrade failed for a reason, told by POST and by GET, and nothing has changed.
	 * @return the end of the output
	 */
	private List<String> assertFailed(Http.Answer answer, String... reasons) {
		assertThat(answer.status()).as(answer.body()).isEqualTo(502);
		for (Http.Answer told : List.of(answer, status())) {
			assertThat(SpawnIT.<String>read(told, "$.lastAttempt.outcome")).isEqualTo("FAILED");
			assertThat(SpawnIT.<String>read(told, "$.lastAttempt.reason")).contains(reasons);
			assertThat(SpawnIT.<String>read(told, "$.phase")).isEqualTo("SERVING");
			assertThat(SpawnIT.<Object>read(told, "$.spawn")).isNull();
		}
		service.assertAnswers(this.incumbent);
		return read(answer, "$.attempt.output");
	}

	private ProcessHandle awaitSpawn() {
		Await.until(() -> assertThat(SpawnIT.<Map<String, Object>>read(status(), "$.spawn")).isNotNull()
			.extractingByKey("pid")
			.isNotNull());
		assertThat(SpawnIT.<String>read(status(), "$.phase")).isEqualTo("SERVING");
		return ProcessHandle.of(JsonPath.<Number>read(status().body(), "$.spawn.pid").longValue()).orElseThrow();
	}

	private static void awaitEnd(ProcessHandle process) throws Exception {
		process.onExit().get(60, TimeUnit.SECONDS);
	}

	@Test
	void aCommandThatDoesNotExist() throws IOException {
		Files.deleteIfExists(this.script);
		assertThat(assertFailed(post(), "exited with code")).last().asString().contains("spawn.sh");
	}

	@Test
	void aCommandThatExitsAtOnceAfterMegabytesOfOutput() throws IOException {
		script("head -c 3000000 /dev/zero | tr '\\0' x | fold -w 10000 >&2", "echo >&2",
				"echo 'No such option: --upgrade' >&2", "exit 3");
		List<String> output = assertFailed(post(), "exited with code 3");
		assertThat(output).hasSizeLessThan(100).contains("No such option: --upgrade");
		assertThat(this.incumbent.output()).contains("No such option: --upgrade");
	}

	@Test
	void aCommandThatExitsWithoutAnErrorIsNoSuccessorEither() throws IOException {
		script("echo ready");
		assertThat(assertFailed(post(), "exited with code 0")).containsExactly("ready");
	}

	@Test
	void aCommandThatSendsItsOutputElsewhereFindsItThere() throws Exception {
		this.incumbent = Service.awaitUpgradable(
				service.start(service.application().onFreePort().upgradeSocket(service.folder().resolve("own"))));
		Path log = service.folder().resolve("own.log");
		script("exec $(tr '\\0' ' ' < /proc/$PPID/cmdline) --upgrade >> " + log + " 2>&1");
		Http.Answer answer = post();
		assertThat(answer.status()).as(answer.body()).isEqualTo(200);
		// By now it serves, beside the incumbent at first.
		assertThat(this.incumbent.awaitExit()).isZero();
		ProcessHandle successor = ProcessHandle.of(Http.get(this.incumbent.port(), "/").pid()).orElseThrow();
		try {
			// Long after it was offered what the incumbent prints to.
			Await.until(() -> assertThat(log).content().contains("Successor pid=" + successor.pid() + " accepts"));
		}
		finally {
			successor.destroyForcibly();
			awaitEnd(successor);
		}
	}

	@Test
	void aCommandThatNeverConnectsIsEndedWithAllThatItStarted() throws Exception {
		// One that does not give it as much time as the others.
		this.incumbent = Service.awaitUpgradable(service.start(service.application()
			.onFreePort()
			.upgradeSocket(service.folder().resolve("hasty"))
			.args("--pingora.spawn.timeout=4s")));
		// As a version without the starter does, which serves somewhere else.
		script("sleep 1000 &", "echo $! > " + this.script + ".pid", "echo serving elsewhere", "wait");
		CompletableFuture<Http.Answer> post = CompletableFuture.supplyAsync(this::post);
		ProcessHandle process = awaitSpawn();
		assertThat(assertFailed(post.get(60, TimeUnit.SECONDS), "not ready within 4000 ms (pingora.spawn.timeout)"))
			.containsExactly("serving elsewhere");
		awaitEnd(process);
		long grandchild = Long.parseLong(Files.readString(Path.of(this.script + ".pid")).strip());
		Await.until(() -> assertThat(ProcessHandle.of(grandchild).filter(ProcessHandle::isAlive)).isEmpty());
	}

	@Test
	void aSecondTriggerMeanwhileIsRefused() throws Exception {
		script("exec sleep 1000");
		CompletableFuture<Http.Answer> first = CompletableFuture.supplyAsync(this::post);
		ProcessHandle process = awaitSpawn();
		Http.Answer second = post();
		assertThat(second.status()).isEqualTo(409);
		assertThat(SpawnIT.<String>read(second, "$.attempt.reason")).contains("pid=" + process.pid());
		this.incumbent.signal("HUP");
		this.incumbent.awaitLog("SIGHUP: .* does not hand over: .* is not ready yet");
		this.incumbent.quit();
		this.incumbent.awaitLog("SIGQUIT: .* does not hand over: .* is not ready yet");
		process.destroy();
		assertFailed(first.get(60, TimeUnit.SECONDS), "exited with code 143");
	}

	@Test
	void hangupTriesToo() throws Exception {
		script("echo no application here >&2", "exit 1");
		this.incumbent.signal("HUP");
		this.incumbent.signal("HUP");
		this.incumbent.awaitLog("SIGHUP: incumbent pid=[0-9]+ starts its successor");
		Await.until(() -> assertThat(SpawnIT.<List<String>>read(status(), "$.lastAttempt.output"))
			.containsExactly("no application here"));
		service.assertServes(this.incumbent);
	}

	@Test
	@Tag("long")
	void whatWasStartedEndsWithItsIncumbent() throws Exception {
		service.expectRefusals();
		script("trap '' TERM", "sleep 1000 &", "while :; do wait; done");
		CompletableFuture<Http.Answer> post = CompletableFuture.supplyAsync(this::post);
		ProcessHandle process = awaitSpawn();
		long start = System.nanoTime();
		this.incumbent.terminate();
		assertThat(this.incumbent.awaitExit()).isEqualTo(143);
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
		awaitEnd(process);
		assertThat(SpawnIT.<String>read(post.get(60, TimeUnit.SECONDS), "$.attempt.reason")).contains("shutting down");
	}

}
