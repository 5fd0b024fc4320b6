package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

import io.github.gracefulupgrade.test.Instance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A flood of connections to the upgrade socket neither blocks an upgrade nor exhausts
 * descriptors.
 */
class UpgradeSocketFloodIT {

	/** More than the incumbent lets in, with those that wait in the kernel. */
	private static final int HELD = 200;

	private static final int DESCRIPTORS = 64;

	// The flood has the processors, too.
	@RegisterExtension
	static Service service = new Service("--pingora.connect-timeout=30s");

	@Test
	void upgradeGoesOnInAFlood() {
		Instance incumbent = service.incumbent();
		int before = incumbent.openDescriptors().size();
		try (Flood flood = new Flood(service.socket())) {
			flood.await(2 * HELD);
			// A successor finds its way in, and is handed over to.
			Instance successor = service.waitingSuccessor();
			assertThat(incumbent.openDescriptors()).hasSizeLessThan(before + DESCRIPTORS);
			incumbent.quit();
			assertThat(incumbent.awaitExit()).isZero();
			Service.awaitUpgradable(successor);
			flood.await(2 * HELD);
			service.assertServes(successor);
			assertThat(successor.openDescriptors()).hasSizeLessThan(before + DESCRIPTORS);
			assertThat(Service.count(incumbent, "A process connected to|turned away")).as("lines about the flood")
				.isLessThan(200);
		}
	}

	/**
	 * Processes that connect, say nothing, hold what they have, and connect again when
	 * they are turned away.
	 */
	private static final class Flood implements AutoCloseable {

		private final List<Thread> threads = new ArrayList<>();

		private final LongAdder connections = new LongAdder();

		private volatile boolean stopped;

		Flood(Path socket) {
			for (int i : IntStream.range(0, 2).toArray()) {
				Thread thread = new Thread(() -> run(socket), "flood-" + i);
				thread.setDaemon(true);
				thread.start();
				this.threads.add(thread);
			}
		}

		private void run(Path socket) {
			Deque<SocketChannel> held = new ArrayDeque<>();
			try {
				while (!this.stopped) {
					try {
						SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
						held.add(channel);
						channel.connect(UnixDomainSocketAddress.of(socket));
						this.connections.increment();
					}
					catch (IOException ex) {
						// The moment in which the socket is replaced.
					}
					if (held.size() > HELD / 2) {
						held.remove().close();
					}
				}
				for (SocketChannel channel : held) {
					channel.close();
				}
			}
			catch (IOException ex) {
				throw new IllegalStateException(ex);
			}
		}

		void await(int count) {
			long before = this.connections.sum();
			Await.until(() -> assertThat(this.connections.sum()).as("connections").isGreaterThan(before + count));
		}

		@Override
		public void close() {
			this.stopped = true;
			for (Thread thread : this.threads) {
				try {
					thread.join();
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
			}
		}

	}

}
