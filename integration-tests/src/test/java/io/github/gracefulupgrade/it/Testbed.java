package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.gracefulupgrade.it.testbed.TestbedApplication;
import io.github.gracefulupgrade.it.testbed.TwoApplications;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;

/**
 * The testbed application, ready to be started often: its class path is copied to a
 * folder that other users can read, too, with an archive of its classes that makes a
 * start more than a second shorter. One folder for each JVM that runs tests, which takes
 * it along when it ends.
 */
final class Testbed {

	/** Found on the class path of the tests, and no part of an application. */
	private static final String TEST_LIBRARIES = "(graceful-upgrade-test|integration-tests|spring-boot-test|spring-test|junit"
			+ "|assertj|mockito|byte-buddy|objenesis|awaitility|hamcrest|json-path|json-smart|accessors-smart|asm|jsonassert"
			+ "|android-json|xmlunit|opentest4j|apiguardian|netty-codec-native-quic|netty-resolver-dns-native|surefire).*";

	/**
	 * What only some tests need. Without it, a start takes a fifth less of the
	 * processors, and there are hundreds of them.
	 */
	private static final String ACTUATOR_LIBRARIES = "(spring-boot-(starter-)?(actuator|health|micrometer)|micrometer-(core|jakarta)"
			+ "|HdrHistogram|LatencyUtils).*";

	private static final String[] JVM_OPTIONS = { "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx96m",
			"-Xshare:auto" };

	/**
	 * No endpoint is exposed here: that is what an application has by default. A
	 * rehearsal costs each start a second, and a debugger could take it for a handover.
	 */
	private static final String[] ARGUMENTS = { "--spring.application.name=testbed", "--spring.main.banner-mode=off",
			"--pingora.close-timeout=100ms", "--pingora.grace-period=20s", "--pingora.rehearsal=false" };

	private static final Path FOLDER = createFolder();

	private static final List<Path> LIBRARIES = copyClassPath();

	private static final String CLASS_PATH = classPath((library) -> !isOfActuator(library));

	/**
	 * All of it. The archive is good for a class path that begins as its own.
	 */
	private static final String CLASS_PATH_WITH_ACTUATOR = CLASS_PATH + ":" + classPath(Testbed::isOfActuator);

	private static final Path ARCHIVE = archiveClasses();

	private Testbed() {
	}

	/**
	 * The testbed, without a port or an upgrade socket.
	 */
	static Application application() {
		return bare().jvmOptions("-XX:SharedArchiveFile=" + ARCHIVE);
	}

	/**
	 * The same with Spring Boot Actuator.
	 */
	static Application withActuator() {
		return testbed(CLASS_PATH_WITH_ACTUATOR).jvmOptions("-XX:SharedArchiveFile=" + ARCHIVE);
	}

	/**
	 * The testbed for another JDK than that of the tests, whose archive is of no use to
	 * it.
	 */
	static Application bare() {
		return testbed(CLASS_PATH);
	}

	private static Application testbed(String classPath) {
		return Application.mainClass(TestbedApplication.class.getName(), classPath)
			.jvmOptions(JVM_OPTIONS)
			.directory(FOLDER)
			.args(ARGUMENTS);
	}

	/**
	 * The testbed, twice in one process.
	 */
	static Application twoApplications(int port, Path socket, int otherPort, Path otherSocket) {
		return Application.mainClass(TwoApplications.class.getName(), CLASS_PATH)
			.jvmOptions(JVM_OPTIONS)
			.jvmOptions("-XX:SharedArchiveFile=" + ARCHIVE)
			.directory(FOLDER)
			.args(String.valueOf(port), socket.toString(), String.valueOf(otherPort), otherSocket.toString())
			.args(ARGUMENTS);
	}

	/**
	 * A class of the tests, which must need nothing but the JDK.
	 */
	static Application main(Class<?> mainClass, String... arguments) {
		return Application.mainClass(mainClass.getName(), CLASS_PATH).jvmOptions(JVM_OPTIONS).args(arguments);
	}

	/**
	 * A new folder for the files of one service: private, and with a short path.
	 */
	static Path newFolder() {
		try {
			return Files.createTempDirectory(FOLDER, "");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Path createFolder() {
		try {
			Path folder = Files.createTempDirectory(Path.of("/tmp"), "gu",
					PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
			// The umask may have taken something away.
			Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
			Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
			return folder;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static List<Path> copyClassPath() {
		List<Path> copies = new ArrayList<>();
		try {
			Path libraries = Files.createDirectory(FOLDER.resolve("lib"));
			Path classes = libraries.resolve("testbed.jar");
			packageClasses(classes);
			copies.add(classes);
			for (String entry : System.getProperty("java.class.path").split(":")) {
				Path jar = Path.of(entry);
				Path copy = libraries.resolve(jar.getFileName());
				if (Files.isRegularFile(jar) && !jar.getFileName().toString().matches(TEST_LIBRARIES)) {
					copies.add(Files.copy(jar, copy));
				}
				else if (jar.endsWith("target/classes") && !jar.startsWith(Path.of("").toAbsolutePath())) {
					// Another module that an IDE has compiled, but not packaged.
					copies.add(jar);
				}
			}
			for (Path copy : copies) {
				if (copy.startsWith(FOLDER)) {
					Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
				}
			}
			Files.setPosixFilePermissions(libraries, PosixFilePermissions.fromString("rwxr-xr-x"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return copies;
	}

	private static boolean isOfActuator(Path library) {
		return library.getFileName().toString().matches(ACTUATOR_LIBRARIES);
	}

	private static String classPath(Predicate<Path> libraries) {
		return LIBRARIES.stream().filter(libraries).map(Path::toString).collect(Collectors.joining(":"));
	}

	/**
	 * The testbed, and what else runs in processes of its own.
	 */
	private static void packageClasses(Path jar) throws IOException {
		Path root = Path.of("target/test-classes").toAbsolutePath();
		Path folder = root.resolve(Testbed.class.getPackageName().replace('.', '/'));
		Path testbed = root.resolve(TestbedApplication.class.getPackageName().replace('.', '/'));
		try (OutputStream out = Files.newOutputStream(jar);
				JarOutputStream entries = new JarOutputStream(out);
				Stream<Path> files = Files.walk(folder)) {
			for (Path path : (Iterable<Path>) files.sorted()::iterator) {
				boolean file = Files.isRegularFile(path);
				if (!file && path.startsWith(testbed)) {
					// The component scan looks for the folder.
					entries.putNextEntry(new JarEntry(root.relativize(path) + "/"));
				}
				else if (file && (path.startsWith(testbed)
						|| path.getFileName().toString().startsWith(RawPeer.class.getSimpleName()))) {
					entries.putNextEntry(new JarEntry(root.relativize(path).toString()));
					Files.copy(path, entries);
				}
			}
		}
	}

	private static Path archiveClasses() {
		Path archive = FOLDER.resolve("classes.jsa");
		Application application = bare().onFreePort()
			.upgradeSocket(newFolder().resolve("s"))
			.args(Service.NO_QUIET_PERIOD);
		// A successor: it has used more classes than an instance that starts cold.
		try (Instance incumbent = application.start().awaitServing();
				Instance instance = application.jvmOptions("-XX:ArchiveClassesAtExit=" + archive).successor().start()) {
			instance.awaitLog("is ready and waits");
			incumbent.quit();
			incumbent.awaitExit();
			Http.get(instance.port(), "/");
			instance.terminate();
			instance.awaitExit();
		}
		return archive;
	}

	static void delete(Path folder) {
		try {
			Files.walkFileTree(folder, new SimpleFileVisitor<>() {

				@Override
				public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
					Files.deleteIfExists(file);
					return FileVisitResult.CONTINUE;
				}

				@Override
				public FileVisitResult visitFileFailed(Path file, IOException ex) {
					return FileVisitResult.CONTINUE;
				}

				@Override
				public FileVisitResult postVisitDirectory(Path folder, IOException ex) throws IOException {
					Files.deleteIfExists(folder);
					return FileVisitResult.CONTINUE;
				}

			});
		}
		catch (IOException ex) {
			// Something is still being written there. It lies in /tmp.
		}
	}

}
