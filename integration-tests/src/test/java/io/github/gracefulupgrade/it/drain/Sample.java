package io.github.gracefulupgrade.it.drain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;

/**
 * The sample application, unpacked, with an archive of its classes: a start takes half
 * the time that way. One folder for each JVM that runs tests, which takes it along when
 * it ends.
 */
public final class Sample {

	/**
	 * Keeps Reactor Netty from leaving a connection unread when a quick request follows
	 * close on an answer from another thread (reactor-netty#4361).
	 */
	static final String ALWAYS_READS_ON = "-Dreactor.netty.http.server.lastFlushWhenNoRead=true";

	private static final String[] JVM_OPTIONS = { "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m",
			"-Xshare:auto" };

	private static final Path FOLDER = createFolder();

	private static final Path ARCHIVE = unpack();

	private Sample() {
	}

	/**
	 * The application on a port and an upgrade socket of its own.
	 */
	static Application application() {
		return withoutArchive().jvmOptions("-XX:SharedArchiveFile=" + ARCHIVE);
	}

	/**
	 * The same without the archive, which does not go with an agent that changes classes.
	 */
	static Application withoutArchive() {
		return bare().onFreePort().upgradeSocket(newFile("s"));
	}

	/**
	 * The application as its users start it, but with less to load.
	 */
	public static Application unpacked() {
		return jar().jvmOptions("-XX:SharedArchiveFile=" + ARCHIVE);
	}

	/**
	 * As {@link #application}, behind TLS.
	 */
	static Application tls() {
		return application().args("--server.ssl.key-store=" + KeyStore.PATH, "--server.ssl.key-store-password=secret",
				"--server.ssl.key-store-type=PKCS12");
	}

	/**
	 * As {@link #application}, with the management server behind TLS.
	 */
	static Application managedByTls() {
		return application().args("--management.server.ssl.enabled=true",
				"--management.server.ssl.key-store=" + KeyStore.PATH,
				"--management.server.ssl.key-store-password=secret", "--management.server.ssl.key-store-type=PKCS12");
	}

	private static Application jar() {
		return Application.jar(FOLDER.resolve("sample/sample-app.jar")).jvmOptions(JVM_OPTIONS);
	}

	private static Application bare() {
		return jar().args("--spring.main.banner-mode=off", "--pingora.close-timeout=200ms",
				"--pingora.grace-period=20s", "--pingora.rehearsal=false", "--pingora.warm-up.rounds=1",
				"--spring.reactor.netty.shutdown-quiet-period=0s");
	}

	/**
	 * A path for a file in a new folder, which other users may search.
	 */
	static Path newFile(String name) {
		try {
			Path folder = Files.createTempDirectory(FOLDER, "");
			Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
			return folder.resolve(name);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * What a client needs that trusts whoever it meets.
	 */
	static SSLContext trustingEverybody() {
		try {
			SSLContext context = SSLContext.getInstance("TLS");
			context.init(null, new TrustManager[] { new X509TrustManager() {

				@Override
				public void checkClientTrusted(X509Certificate[] chain, String type) {
				}

				@Override
				public void checkServerTrusted(X509Certificate[] chain, String type) {
				}

				@Override
				public X509Certificate[] getAcceptedIssuers() {
					return new X509Certificate[0];
				}

			} }, new SecureRandom());
			return context;
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Path createFolder() {
		try {
			Path folder = Files.createTempDirectory(Path.of("/tmp"), "gud");
			Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
			Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
			return folder;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Path unpack() {
		run(List.of(java("java"), "-Djarmode=tools", "-jar", System.getProperty("sample-app.jar"), "extract",
				"--destination", FOLDER.resolve("sample").toString()));
		run(List.of("chmod", "-R", "a+rX", FOLDER.resolve("sample").toString()));
		Path archive = FOLDER.resolve("classes.jsa");
		try (Instance instance = withoutArchive().jvmOptions("-XX:ArchiveClassesAtExit=" + archive)
			.start()
			.awaitServing()) {
			instance.terminate();
			instance.awaitExit();
		}
		run(List.of("chmod", "a+r", archive.toString()));
		return archive;
	}

	private static String java(String tool) {
		return Path.of(System.getProperty("java.home"), "bin", tool).toString();
	}

	private static void run(List<String> command) {
		try {
			Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
			String output = new String(process.getInputStream().readAllBytes());
			if (process.waitFor() != 0) {
				throw new IllegalStateException(command + ": " + output);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void delete(Path folder) {
		try (Stream<Path> paths = Files.walk(folder)) {
			paths.sorted(Comparator.reverseOrder()).forEach((path) -> path.toFile().delete());
		}
		catch (IOException | UncheckedIOException ex) {
			// Something is still being written there. It lies in /tmp.
		}
	}

	/**
	 * Made for the first who needs it: that takes a JVM.
	 */
	private static final class KeyStore {

		private static final Path PATH = create();

		private static Path create() {
			Path keyStore = FOLDER.resolve("keys.p12");
			run(List.of(java("keytool"), "-genkeypair", "-keystore", keyStore.toString(), "-storetype", "PKCS12",
					"-storepass", "secret", "-alias", "test", "-keyalg", "EC", "-dname", "CN=localhost", "-ext",
					"san=dns:localhost,ip:127.0.0.1"));
			return keyStore;
		}

	}

}
