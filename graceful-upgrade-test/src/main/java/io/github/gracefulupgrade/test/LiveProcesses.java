package io.github.gracefulupgrade.test;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Every process that was started and may still live. None outlives this JVM.
 */
final class LiveProcesses {

	private static final long GRACE_SECONDS = 3;

	private static final Set<Process> PROCESSES = ConcurrentHashMap.newKeySet();

	static {
		Runtime.getRuntime()
			.addShutdownHook(new Thread(() -> PROCESSES.forEach((process) -> kill(family(process))), "kill-instances"));
	}

	private LiveProcesses() {
	}

	static Process start(ProcessBuilder command) throws IOException {
		Process process = command.start();
		PROCESSES.add(process);
		process.onExit().thenAccept(PROCESSES::remove);
		return process;
	}

	static void end(Process process) {
		// Before the first one ends: then nobody knows any more whose children they were.
		List<ProcessHandle> family = family(process);
		family.forEach(ProcessHandle::destroy);
		try {
			process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		kill(family);
		try {
			process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static List<ProcessHandle> family(Process process) {
		return process.isAlive() ? Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList()
				: List.of();
	}

	private static void kill(List<ProcessHandle> family) {
		family.forEach(ProcessHandle::destroyForcibly);
	}

}
