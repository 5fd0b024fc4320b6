package io.github.gracefulupgrade.it.listeners;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * A version with another certificate.
 */
class CertificateIT {

	@TempDir
	Path folder;

	@Test
	void everyHandshakeSucceedsAndAfterTheSwitchShowsTheNewCertificate() throws Exception {
		certificate("old");
		certificate("new");
		Application app = Listening.sample(this.folder).onFreePort().args("--server.ssl.bundle=web");
		try (Instance v1 = Listening.serving(with(app, "old").start());
				Handshakes handshakes = new Handshakes(v1.port())) {
			handshakes.await("old", 20);
			try (Upgrade upgrade = Upgrade.of(v1).to(with(app, "new")).perform()) {
				assertThat(upgrade.exitCode()).isZero();
				handshakes.await("new", 20);
				// On a listener that was handed over, a bundle is reloaded as ever.
				certificate("newest");
				replace("new", "newest");
				handshakes.await("newest", 5);
				List<Handshake> all = handshakes.stop();
				assertThat(all).allSatisfy((handshake) -> assertThat(handshake.shown()).isIn("old", "new", "newest"));
				assertThat(all).filteredOn((handshake) -> handshake.endedAt() - upgrade.signalledAt() < 0)
					.extracting(Handshake::shown)
					.containsOnly("old");
				assertThat(all).filteredOn((handshake) -> handshake.startedAt() - upgrade.exitedAt() > 0)
					.isNotEmpty()
					.extracting(Handshake::shown)
					.containsOnly("new", "newest");
			}
		}
	}

	private Application with(Application app, String certificate) {
		return app.args("--spring.ssl.bundle.pem.web.reload-on-update=true",
				"--spring.ssl.bundle.watch.file.quiet-period=200ms",
				"--spring.ssl.bundle.pem.web.keystore.certificate=" + file(certificate + ".crt"),
				"--spring.ssl.bundle.pem.web.keystore.private-key=" + file(certificate + ".key"));
	}

	private String file(String name) {
		return "file:" + this.folder.resolve(name);
	}

	/**
	 * The key comes first: the two are read together when both have settled.
	 */
	private void replace(String name, String by) throws IOException {
		for (String type : List.of(".key", ".crt")) {
			Files.move(this.folder.resolve(by + type), this.folder.resolve(name + type),
					StandardCopyOption.REPLACE_EXISTING);
		}
	}

	private void certificate(String name) throws IOException, InterruptedException {
		assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
		Process openssl = new ProcessBuilder("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
				"-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".crt")
			.directory(this.folder.toFile())
			.redirectErrorStream(true)
			.redirectOutput(this.folder.resolve("openssl.log").toFile())
			.start();
		assertThat(openssl.waitFor(60, TimeUnit.SECONDS) && openssl.exitValue() == 0).isTrue();
	}

	/**
	 * A TLS handshake.
	 *
	 * @param startedAt when it began
	 * @param endedAt when it was over
	 * @param shown the name in the certificate, or what went wrong
	 */
	private record Handshake(long startedAt, long endedAt, String shown) {
	}

	/**
	 * Clients that open one connection after the other, each with a whole handshake and a
	 * request.
	 */
	private static final class Handshakes implements AutoCloseable {

		private static final long THINK_TIME = TimeUnit.MILLISECONDS.toNanos(20);

		private final List<Handshake> all = Collections.synchronizedList(new ArrayList<>());

		private final AtomicBoolean stopped = new AtomicBoolean();

		private final List<Thread> clients = new ArrayList<>();

		private final int port;

		Handshakes(int port) {
			this.port = port;
			for (int i = 0; i < 2; i++) {
				Thread client = new Thread(this::run, "handshakes-" + i);
				client.setDaemon(true);
				client.start();
				this.clients.add(client);
			}
		}

		private void run() {
			while (!this.stopped.get()) {
				long startedAt = System.nanoTime();
				String shown;
				try {
					shown = shakeHands();
				}
				catch (IOException | GeneralSecurityException ex) {
					shown = ex.toString();
				}
				this.all.add(new Handshake(startedAt, System.nanoTime(), shown));
				LockSupport.parkNanos(THINK_TIME);
			}
		}

		private String shakeHands() throws IOException, GeneralSecurityException {
			// A context of its own, so that no session is resumed.
			SSLContext context = SSLContext.getInstance("TLS");
			context.init(null, new TrustManager[] { new TrustsAll() }, null);
			try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", this.port)) {
				socket.setSoTimeout(30_000);
				socket.startHandshake();
				Certificate certificate = socket.getSession().getPeerCertificates()[0];
				socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".getBytes());
				String answer = new String(socket.getInputStream().readAllBytes());
				return answer.startsWith("HTTP/1.1 200")
						? ((X509Certificate) certificate).getSubjectX500Principal().getName().replace("CN=", "")
						: "answer: " + answer;
			}
		}

		/**
		 * Wait until so many handshakes showed a certificate.
		 */
		void await(String shown, int count) throws InterruptedException {
			long deadline = System.nanoTime() + Instance.PATIENCE.toNanos();
			while (List.copyOf(this.all).stream().filter((one) -> one.shown().equals(shown)).count() < count) {
				assertThat(System.nanoTime() - deadline).as("time for %d x %s", count, shown).isNegative();
				TimeUnit.MILLISECONDS.sleep(20);
			}
		}

		List<Handshake> stop() throws InterruptedException {
			close();
			for (Thread client : this.clients) {
				client.join(Instance.PATIENCE.toMillis());
			}
			return List.copyOf(this.all);
		}

		@Override
		public void close() {
			this.stopped.set(true);
		}

	}

	private static final class TrustsAll implements X509TrustManager {

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

	}

}
