package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.gracefulupgrade.handover.Connections.Drained;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.timeout.IdleStateHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class StatelessHandlersTests {

	private static final String OTHER = IdleStateHandler.class.getName();

	private final EmbeddedChannel channel = new EmbeddedChannel();

	private final ChannelPipeline pipeline = this.channel.pipeline();

	@AfterEach
	void close() {
		this.channel.finishAndReleaseAll();
	}

	@Test
	void reactorNettyNamesItsOwn() {
		this.pipeline.addLast("reactor.left.idleTimeoutHandler", new IdleStateHandler(0, 0, 0));
		this.pipeline.addLast(TrackedConnection.PREFIX + "gate", new IdleStateHandler(0, 0, 0));
		assertThat(StatelessHandlers.and(List.of()).findOther(this.pipeline)).isNull();
	}

	@Test
	void anyOtherMayHaveState() {
		this.pipeline.addLast("application", new IdleStateHandler(0, 0, 0));
		assertThat(StatelessHandlers.and(List.of()).findOther(this.pipeline)).isEqualTo(OTHER);
		assertThat(StatelessHandlers.and(List.of("io.netty.handler.ssl.")).findOther(this.pipeline)).isEqualTo(OTHER);
	}

	@Test
	void userKnowsBetter() {
		this.pipeline.addLast("application", new IdleStateHandler(0, 0, 0));
		assertThat(StatelessHandlers.and(List.of("io.netty.handler.timeout.")).findOther(this.pipeline)).isNull();
		assertThat(StatelessHandlers.and(List.of(OTHER)).findOther(this.pipeline)).isNull();
		assertThat(StatelessHandlers.all().findOther(this.pipeline)).isNull();
	}

	@Test
	void connectionWithAnotherHandlerIsToldToClose() {
		Recorded application = new Recorded();
		try (SimulatedProcess process = SimulatedProcess.cold((server) -> application.in("old")
			.apply(server)
			.doOnChannelInit((observer, channel, remote) -> channel.pipeline()
				.addFirst("application", new IdleStateHandler(60, 60, 60))));
				SimulatedProcess successor = process.successor(application.in("new"));
				RawClient client = new RawClient(process.address())) {
			assertThat(client.get("/quick/1").announcesClose()).isFalse();
			CompletableFuture<Drained> done = process.drainInto(successor, Duration.ofSeconds(30));
			// The first may be answered before the drain looks at the connection.
			RawClient.Response last = client.get("/quick/2");
			for (int i = 3; i < 100 && !last.announcesClose(); i++) {
				last = client.get("/quick/" + i);
			}
			assertThat(last.process()).isEqualTo("old");
			assertThat(last.announcesClose()).isTrue();
			assertThat(client.isEnded()).isTrue();
			client.close();
			assertThat(SimulatedProcess.get(done).announced()).isEqualTo(1);
		}
	}

}
