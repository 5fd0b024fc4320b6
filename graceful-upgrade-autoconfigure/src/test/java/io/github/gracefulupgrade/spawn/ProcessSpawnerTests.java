package io.github.gracefulupgrade.spawn;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.handover.Spawner;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ProcessSpawner}, with real processes.
 */
class ProcessSpawnerTests {

	@TempDir
	private Path folder;

	private final CompletableFuture<Long> pid = new CompletableFuture<>();

	private final CompletableFuture<String> over = new CompletableFuture<>();

	private @Nullable ProcessSpawner spawner;

	@AfterEach
	void close() {
		if (this.spawner != null) {
			this.spawner.close();
		}
	}

	private Spawner.Child start(@Nullable Path log, String... command) {
		this.spawner = new ProcessSpawner(true, List.of(command), log, Duration.ofSeconds(30));
		return this.spawner.start(new Spawner.Watcher() {

			@Override
			public void started(long pid) {
				ProcessSpawnerTests.this.pid.complete(pid);
			}

			@Override
			public void over(String how) {
				ProcessSpawnerTests.this.over.complete(how);
			}

		});
	}

	private static <T> T await(CompletableFuture<T> future) throws Exception {
		return future.get(30, TimeUnit.SECONDS);
	}

	private static void awaitEnd(ProcessHandle process) throws Exception {
		process.onExit().get(30, TimeUnit.SECONDS);
	}

	private ProcessHandle awaitPidIn(Path file) throws Exception {
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
		while (!Files.exists(file) || !Files.readString(file).endsWith("\n")) {
			assertThat(System.nanoTime()).isLessThan(deadline);
			Thread.onSpinWait();
		}
		return ProcessHandle.of(Long.parseLong(Files.readString(file).strip())).orElseThrow();
	}

	@Test
	void tellsHowItEndedAndWhatItPrinted() throws Exception {
		Spawner.Child child = start(null, "sh", "-c", "echo out; echo err >&2; exit 3");
		assertThat(await(this.over)).isEqualTo("exited with code 3");
		assertThat(child.output()).containsExactlyInAnyOrder("out", "err");
		assertThat(child.pid()).hasValue(await(this.pid));
	}

	@Test
	void aCommandThatDoesNotExistIsToldAsItsEnd() throws Exception {
		Spawner.Child child = start(null, "/no/such/program");
		assertThat(await(this.over)).startsWith("could not be started").contains("/no/such/program");
		assertThat(child.pid()).isEmpty();
		child.terminate();
		child.kill();
	}

	@Test
	void aLogThatCannotBeWrittenIsToldAsItsEnd() throws Exception {
		start(this.folder.resolve("missing/log"), "true");
		assertThat(await(this.over)).startsWith("could not be started").contains("missing");
	}

	@Test
	void appendsToTheLogAndShowsItsOwnPartOnly() throws Exception {
		Path log = Files.writeString(this.folder.resolve("log"), "before\n");
		Spawner.Child child = start(log, "sh", "-c", "echo out; echo err >&2");
		await(this.over);
		assertThat(child.output()).containsExactly("out", "err");
		assertThat(log).hasContent("before\nout\nerr\n");
		assertThat(child.streams()).isEmpty();
	}

	@Test
	void megabytesOfOutputHoldUpNobody() throws Exception {
		Path log = this.folder.resolve("log");
		Spawner.Child child = start(log, "sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' 'x'; echo; echo end");
		assertThat(await(this.over)).isEqualTo("exited with code 0");
		assertThat(child.output()).endsWith("end");
		assertThat(Files.size(log)).isGreaterThan(20_000_000);
	}

	@Test
	void readsNoInputAndHasNoDescriptorOfItsParent() throws Exception {
		Spawner.Child child = start(null, "sh", "-c", "cat; ls /proc/$$/fd | sort -n | tr '\\n' ' '");
		assertThat(await(this.over)).isEqualTo("exited with code 0");
		// The shell may keep a descriptor of its own; pipes, sockets and jars it has not.
		assertThat(child.output()).singleElement().asString().startsWith("0 1 2 ").hasSizeLessThan(12);
	}

	@Test
	void endsWithAllThatItStarted() throws Exception {
		Path file = this.folder.resolve("pid");
		Spawner.Child child = start(null, "sh", "-c", "sleep 1000 & echo $! > " + file + "; wait");
		await(this.pid);
		ProcessHandle grandchild = awaitPidIn(file);
		assertThat(child.includes(grandchild.pid())).isTrue();
		assertThat(child.includes(ProcessHandle.current().pid())).isFalse();
		child.terminate();
		assertThat(await(this.over)).isEqualTo("exited with code 143");
		awaitEnd(grandchild);
	}

	/**
	 * It is not its descendant any more, but still its business.
	 */
	@Test
	void whatItStartedIsRecognisedWhenWhatWasBetweenHasEnded() throws Exception {
		Path file = this.folder.resolve("pid");
		Spawner.Child child = start(null, "sh", "-c",
				"sh -c \"trap '' TERM; while :; do sleep 0.1; done\" & echo $! > " + file + "; wait");
		await(this.pid);
		ProcessHandle grandchild = awaitPidIn(file);
		child.terminate();
		assertThat(await(this.over)).isEqualTo("exited with code 143");
		assertThat(child.includes(grandchild.pid())).isTrue();
		child.kill();
		awaitEnd(grandchild);
		assertThat(child.includes(grandchild.pid())).isFalse();
	}

	@Test
	void whoeverIgnoresTheRequestToEndIsKilledWithTheSpawner() throws Exception {
		Path file = this.folder.resolve("pid");
		Spawner.Child child = start(null, "sh", "-c",
				"trap '' TERM; sleep 1000 & echo $! > " + file + "; while :; do wait; done");
		await(this.pid);
		ProcessHandle grandchild = awaitPidIn(file);
		child.terminate();
		assertThat(grandchild.isAlive()).isTrue();
		this.spawner.close();
		assertThat(await(this.over)).isEqualTo("exited with code 137");
		awaitEnd(grandchild);
	}

	@Test
	void whoeverWasLetGoOutlivesTheSpawner() throws Exception {
		Spawner.Child child = start(null, "sleep", "1000");
		ProcessHandle process = ProcessHandle.of(await(this.pid)).orElseThrow();
		child.letGo();
		this.spawner.close();
		assertThat(process.isAlive()).isTrue();
		process.destroyForcibly();
		awaitEnd(process);
	}

}
