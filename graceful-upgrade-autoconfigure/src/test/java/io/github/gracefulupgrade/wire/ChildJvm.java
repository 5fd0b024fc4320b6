package io.github.gracefulupgrade.wire;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.newsclub.lib.junixsocket.common.NarMetadata;
import org.newsclub.net.unix.AFSocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Another process that runs {@link ChildMain}. It ends when its input does, and so with
 * this process at the latest.
 */
final class ChildJvm implements AutoCloseable {

	/**
	 * The user {@code nobody}.
	 */
	static final int NOBODY = 65534;

	private final Process process;

	private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

	private ChildJvm(List<String> command) throws IOException {
		this.process = new ProcessBuilder(command).redirectErrorStream(true).start();
		Thread reader = new Thread(this::read, "child-output");
		reader.setDaemon(true);
		reader.start();
	}

	static ChildJvm start(String... arguments) throws IOException {
		return new ChildJvm(command(classPath(), arguments));
	}

	/**
	 * Start a process of another user, where this one may do that.
	 * @param folder a folder to put the classes in, where that user can read them
	 * @param prefix a command to run java with, if any
	 */
	static ChildJvm startAsNobody(Path folder, List<String> prefix, String... arguments) throws IOException {
		assumeThat(System.getProperty("user.name")).as("only root can start a process of another user")
			.isEqualTo("root");
		assumeThat(Path.of("/usr/bin/setpriv")).as("setpriv starts a process of another user").exists();
		List<String> command = new ArrayList<>(
				List.of("/usr/bin/setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
		command.addAll(prefix);
		command.addAll(command(copy(classPath(), folder), arguments));
		return new ChildJvm(command);
	}

	private static List<String> command(List<Path> classPath, String... arguments) {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"));
		if (Runtime.version().feature() >= 22) {
			// Or else it prints warnings among its lines.
			command.add("--enable-native-access=ALL-UNNAMED");
		}
		command.addAll(List.of("-cp", classPath.stream().map(Path::toString).collect(Collectors.joining(":")),
				ChildMain.class.getName()));
		command.addAll(Arrays.asList(arguments));
		return command;
	}

	private static List<Path> classPath() {
		return Stream.of(UnixPeer.class, ChildMain.class, AFSocket.class, NarMetadata.class, NullMarked.class)
			.map((type) -> Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath()))
			.distinct()
			.toList();
	}

	private static List<Path> copy(List<Path> classPath, Path folder) throws IOException {
		Path classes = folder.resolve("classes");
		List<Path> copies = new ArrayList<>();
		for (Path entry : classPath) {
			Path target = classes.resolve(String.valueOf(copies.size())).resolve(entry.getFileName());
			Files.createDirectories(target.getParent());
			Files.walkFileTree(entry, new SimpleFileVisitor<>() {

				@Override
				public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes) throws IOException {
					Files.createDirectories(target.resolve(entry.relativize(from)));
					return FileVisitResult.CONTINUE;
				}

				@Override
				public FileVisitResult visitFile(Path from, BasicFileAttributes attributes) throws IOException {
					Files.copy(from, from.equals(entry) ? target : target.resolve(entry.relativize(from)));
					return FileVisitResult.CONTINUE;
				}

			});
			copies.add(target);
		}
		try (Stream<Path> all = Files.walk(classes)) {
			for (Path each : all.toList()) {
				Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
			}
		}
		return copies;
	}

	private void read() {
		try (BufferedReader reader = this.process.inputReader()) {
			for (String line = reader.readLine(); line != null; line = reader.readLine()) {
				this.lines.add(line);
			}
		}
		catch (IOException ex) {
			// It was killed.
		}
	}

	long pid() {
		return this.process.pid();
	}

	/**
	 * The next line that the process prints.
	 */
	String line() throws InterruptedException {
		String line = this.lines.poll(Await.TIMEOUT.toSeconds(), TimeUnit.SECONDS);
		assertThat(line).as("a line of process %d, alive: %s", pid(), this.process.isAlive()).isNotNull();
		return line;
	}

	/**
	 * The next line if there is one in that time.
	 */
	@Nullable String poll(Duration time) throws InterruptedException {
		return this.lines.poll(time.toMillis(), TimeUnit.MILLISECONDS);
	}

	void tell(String line) throws IOException {
		this.process.outputWriter().write(line + "\n");
		this.process.outputWriter().flush();
	}

	/**
	 * Kill it as {@code kill -9} does, and wait until it is gone.
	 */
	void kill() throws InterruptedException {
		this.process.destroyForcibly();
		assertThat(this.process.waitFor(Await.TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
	}

	@Override
	public void close() throws InterruptedException {
		kill();
	}

}
