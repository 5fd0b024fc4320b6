package io.github.gracefulupgrade.signal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class NicenessTests {

	private static final Executor NEW_THREAD = (task) -> new Thread(task).start();

	@Test
	void isOfTheThreadAndOfThoseThatItStarts() {
		int usual = niceness();
		int[] lowered = CompletableFuture.supplyAsync(() -> {
			Niceness.giveWay();
			return new int[] { niceness(), CompletableFuture.supplyAsync(NicenessTests::niceness, NEW_THREAD).join() };
		}, NEW_THREAD).join();
		assertThat(lowered).containsOnly(Math.min(19, usual + 10));
		assertThat(niceness()).isEqualTo(usual);
	}

	/**
	 * The field "nice" of proc(5), counted from behind the name, which may hold anything.
	 */
	private static int niceness() {
		try {
			String stat = Files.readString(Path.of("/proc/thread-self/stat"));
			return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[16]);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
