package io.github.gracefulupgrade.it.messaging;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.broker.BrokerService;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Message listeners move from one version to the next, and each message is handled once.
 */
@Tag("long")
class MessagingIT {

	@Test
	void eachMessageIsHandledOnceByOneOfTheTwoVersions(@TempDir Path folder) throws Exception {
		BrokerService broker = new BrokerService();
		broker.setPersistent(false);
		broker.setUseJmx(false);
		broker.setDataDirectoryFile(folder.resolve("broker").toFile());
		String url = broker.addConnector("tcp://127.0.0.1:0").getPublishableConnectString();
		broker.start();
		Application app = Application
			.mainClass(MessagingApplication.class.getName(), System.getProperty("java.class.path"))
			.jvmOptions("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m")
			.onFreePort()
			.upgradeSocket(folder.resolve("s"))
			.args("--pingora.close-timeout=300ms", "--spring.main.banner-mode=off", "--broker.url=" + url);
		try (Instance v1 = app.start(); Orders orders = new Orders(url)) {
			until(() -> assertThat(handledBy(v1)).hasSizeGreaterThan(50));
			try (Upgrade upgrade = Upgrade.of(v1).to(app).perform()) {
				Instance v2 = upgrade.successor();
				assertThat(upgrade.exitCode()).isZero();
				until(() -> assertThat(handledBy(v2)).hasSizeGreaterThan(50));
				List<String> sent = orders.stop();
				until(() -> assertThat(Stream.of(v1, v2).flatMap((instance) -> handledBy(instance).stream()))
					.containsAll(sent));
				assertThat(Stream.of(v1, v2).flatMap((instance) -> handledBy(instance).stream()))
					.containsExactlyInAnyOrderElementsOf(sent);
			}
		}
		finally {
			broker.stop();
		}
	}

	private static List<String> handledBy(Instance instance) {
		return instance.log()
			.stream()
			.filter((line) -> line.startsWith("handled "))
			.map((line) -> line.substring("handled ".length()))
			.toList();
	}

	private static void until(ThrowingRunnable assertion) {
		Awaitility.await().atMost(Duration.ofMinutes(2)).untilAsserted(assertion);
	}

	/**
	 * Sends an order every ten milliseconds.
	 */
	private static final class Orders implements AutoCloseable {

		private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

		private final AtomicInteger sent = new AtomicInteger();

		private final Connection connection;

		Orders(String url) throws JMSException {
			this.connection = new ActiveMQConnectionFactory(url).createConnection();
			Session session = this.connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
			MessageProducer producer = session.createProducer(session.createQueue("orders"));
			this.thread.scheduleAtFixedRate(() -> {
				try {
					producer.send(session.createTextMessage("order-" + this.sent.get()));
					this.sent.incrementAndGet();
				}
				catch (JMSException ex) {
					throw new IllegalStateException(ex);
				}
			}, 0, 10, TimeUnit.MILLISECONDS);
		}

		List<String> stop() throws InterruptedException {
			this.thread.shutdown();
			assertThat(this.thread.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
			return IntStream.range(0, this.sent.get()).mapToObj((i) -> "order-" + i).toList();
		}

		@Override
		public void close() throws JMSException {
			this.thread.shutdownNow();
			this.connection.close();
		}

	}

}
