package io.github.gracefulupgrade.netty;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.handover.Connections.Plan;
import io.github.gracefulupgrade.handover.Descriptor;
import io.netty.channel.Channel;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Two that accept on one socket, of which one accepts for a part of the time.
 */
class AcceptGateTests {

	private static final Duration FOREVER = Duration.ofHours(1);

	private final Recorded application = new Recorded();

	private SimulatedProcess incumbent;

	private SimulatedProcess successor;

	private int requests;

	@BeforeEach
	void start() {
		this.incumbent = SimulatedProcess.cold(this.application.in("old"));
		this.successor = this.incumbent.successor(this.application.in("new"));
	}

	@AfterEach
	void end() {
		this.successor.close();
		this.incumbent.close();
	}

	/**
	 * Who answers on new connections, one after the other.
	 */
	private Map<String, Integer> answers(int count) {
		Map<String, Integer> answers = new HashMap<>();
		for (int i = 0; i < count; i++) {
			answers.merge(answer(), 1, Integer::sum);
		}
		return answers;
	}

	private String answer() {
		try (RawClient client = new RawClient(this.incumbent.address())) {
			return client.get("/quick/" + this.requests++).process();
		}
	}

	/**
	 * Pause, and wait until that is done.
	 */
	private static void pause(SimulatedProcess process) {
		process.listeners().pause(List.of("server"));
		SimulatedProcess.get(process.drain(Plan.withSuccessor(Duration.ofSeconds(30))));
		process.connections().cancelDrain();
	}

	@Test
	void shareOfTheSuccessorGrows() {
		Duration over = Duration.ofSeconds(2);
		this.successor.listeners().acceptMore(over);
		this.incumbent.listeners().acceptLess(List.of("server"), over);
		long start = System.nanoTime();
		int[] all = new int[3];
		int[] successors = new int[3];
		for (long passed = 0; passed < over.toNanos(); passed = System.nanoTime() - start) {
			int third = (int) (3 * passed / over.toNanos());
			all[third]++;
			successors[third] += answer().equals("new") ? 1 : 0;
		}
		assertThat(successors[0]).isPositive();
		assertThat((double) successors[0] / all[0]).isLessThan(0.5);
		assertThat((double) successors[2] / all[2]).isGreaterThan(0.5).isLessThan(1);
		pause(this.incumbent);
		assertThat(answers(50)).containsOnlyKeys("new");
	}

	@Test
	void whoIsAloneAcceptsAllTheTimeAsSoonAsItIsKnown() {
		this.successor.listeners().acceptMore(FOREVER);
		pause(this.incumbent);
		this.successor.listeners().acceptAll();
		long start = System.nanoTime();
		assertThat(answers(100)).containsOnlyKeys("new");
		// At a twentieth of the time, it would be 50 ms for nearly each.
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
	}

	@Test
	void pauseIsForGood() {
		this.successor.listeners().acceptMore(FOREVER);
		pause(this.successor);
		this.successor.listeners().acceptAll();
		this.successor.listeners().acceptLess(List.of("server"), FOREVER);
		assertThat(answers(100)).containsOnlyKeys("old");
	}

	@Test
	void whatIsTakenBackAcceptsAllTheTime() {
		this.successor.listeners().acceptMore(Duration.ZERO);
		this.incumbent.listeners().acceptLess(List.of("server"), FOREVER);
		pause(this.incumbent);
		this.incumbent.listeners().resume();
		pause(this.successor);
		assertThat(answers(100)).containsOnlyKeys("old");
	}

	@Test
	void withoutARampAnIncumbentStepsAside() throws Exception {
		MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
		try {
			UpgradableListeners listeners = new UpgradableListeners(SimulatedProcess.SILENT,
					new ConnectionTracker(Descriptor::borrowed, Duration.ZERO, StatelessHandlers.all()), false);
			InetSocketAddress address = new InetSocketAddress("127.0.0.1", 0);
			Channel channel = listeners.channel("server", address, true, EpollServerSocketChannel::new);
			group.register(channel).sync();
			channel.bind(address).sync();
			CompletableFuture<Boolean> accepts = new CompletableFuture<>();
			channel.eventLoop().execute(() -> {
				listeners.acceptLess(List.of("server"), FOREVER);
				// The next task after the one that shuts the gate.
				channel.eventLoop().execute(() -> accepts.complete(channel.config().isAutoRead()));
			});
			assertThat(accepts.get(30, TimeUnit.SECONDS)).isFalse();
			await().atMost(Duration.ofSeconds(30)).until(() -> channel.config().isAutoRead());
		}
		finally {
			group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
		}
	}

	@Test
	void stepsAsideForAMoment() {
		AcceptGate gate = gate();
		EmbeddedChannel channel = new EmbeddedChannel(gate);
		gate.stepAside(channel, Duration.ofMillis(10));
		assertThat(channel.config().isAutoRead()).isFalse();
		channel.advanceTimeBy(9, TimeUnit.MILLISECONDS);
		channel.runScheduledPendingTasks();
		assertThat(channel.config().isAutoRead()).isFalse();
		channel.advanceTimeBy(2, TimeUnit.MILLISECONDS);
		channel.runScheduledPendingTasks();
		assertThat(channel.config().isAutoRead()).isTrue();
		channel.finish();
	}

	@Test
	void whatIsShutMeanwhileStaysShut() {
		AcceptGate gate = gate();
		EmbeddedChannel channel = new EmbeddedChannel(gate);
		gate.stepAside(channel, Duration.ofMillis(10));
		gate.shut(channel);
		channel.advanceTimeBy(20, TimeUnit.MILLISECONDS);
		channel.runScheduledPendingTasks();
		assertThat(channel.config().isAutoRead()).isFalse();
		channel.finish();
	}

	private static AcceptGate gate() {
		return new AcceptGate(false, true, new ListenerTraits("server", true),
				new ConnectionTracker(Descriptor::borrowed, Duration.ZERO, StatelessHandlers.all()));
	}

	@Test
	void otherListenersAreNotTouched() {
		// The successor, which accepts nothing here, took none of this name.
		this.incumbent.listeners().acceptLess(List.of("management"), Duration.ofMillis(200));
		long start = System.nanoTime();
		while (System.nanoTime() - start < Duration.ofMillis(250).toNanos()) {
			assertThat(answer()).isEqualTo("old");
		}
	}

	@Test
	void whatTheSuccessorDoesNotHaveIsServedUntilTheEnd() {
		this.incumbent.listeners().pause(List.of("management"));
		SimulatedProcess.get(this.incumbent.drain(Plan.withSuccessor(Duration.ofSeconds(30))));
		try (RawClient client = new RawClient(this.incumbent.address())) {
			RawClient.Response response = client.get("/quick/1");
			assertThat(response.process()).isEqualTo("old");
			assertThat(response.announcesClose()).isTrue();
			assertThat(client.isEnded()).isTrue();
		}
	}

	@Test
	void aServerThatIsClosedMeanwhileEndsTheTurns() {
		SocketAddress address = this.successor.address();
		this.successor.listeners().acceptMore(FOREVER);
		this.successor.close();
		assertThat(address).isEqualTo(this.incumbent.address());
		assertThat(answers(100)).containsOnlyKeys("old");
	}

}
