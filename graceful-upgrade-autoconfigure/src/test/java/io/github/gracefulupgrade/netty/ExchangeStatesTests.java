package io.github.gracefulupgrade.netty;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpServerCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.http.server.HttpServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ExchangeStates}: at each byte of a conversation, and at any moment in
 * between, the handlers that are asked once say what those say that have looked on from
 * the beginning.
 */
@Timeout(120)
class ExchangeStatesTests {

	private static final String CONVERSATION = "GET /quick/1 HTTP/1.1\r\nHost: test\r\n\r\n"
			+ "POST /echo/2 HTTP/1.1\r\nHost: test\r\nContent-Length: 12\r\n\r\nhello, world"
			+ "POST /mirror/3 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
			+ "5\r\nhello\r\n6;x=y\r\nworld!\r\n0\r\nTrailer: t\r\n\r\n"
			+ "POST /early/4 HTTP/1.1\r\nHost: test\r\nContent-Length: 20\r\n\r\nGET /quick/no HTTP/1"
			+ "GET /slow/5/30 HTTP/1.1\r\nHost: test\r\n\r\n" + "GET /parts/6/10 HTTP/1.1\r\nHost: test\r\n\r\n"
			+ "GET /empty/7 HTTP/1.1\r\nHost: test\r\n\r\n"
			+ "POST /echo/8 HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok"
			+ "GET /quick/9 HTTP/1.1\r\nHost: test\r\n\r\n";

	private final ExchangeStates states = ExchangeStates.ofThisVersion();

	private final Recorded application = new Recorded();

	private final Queue<String> differences = new ConcurrentLinkedQueue<>();

	private final AtomicInteger comparisons = new AtomicInteger();

	@Test
	void thisVersionIsKnown() {
		assertThat(this.states.areKnown()).isTrue();
		assertThat(ExchangeStates.unknown().areKnown()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 7, 61, 1000 })
	void whatIsAskedIsWhatWasSeen(int length) {
		CompletableFuture<Channel> accepted = new CompletableFuture<>();
		UnaryOperator<HttpServer> server = (http) -> this.application.in("p")
			.apply(http)
			.doOnChannelInit((observer, channel, remote) -> accepted.complete(channel));
		try (SimulatedProcess process = SimulatedProcess.cold(server, Duration.ZERO, ExchangeStates.unknown());
				RawClient client = new RawClient(process.address())) {
			Channel channel = SimulatedProcess.get(accepted);
			Future<?> always = channel.eventLoop()
				.scheduleWithFixedDelay(() -> compare(channel, "some time"), 0, 200, TimeUnit.MICROSECONDS);
			for (int i = 0; i < CONVERSATION.length(); i += length) {
				int to = Math.min(i + length, CONVERSATION.length());
				client.send(CONVERSATION.substring(i, to));
				channel.eventLoop().submit(() -> compare(channel, "byte " + to)).syncUninterruptibly();
			}
			for (int answers = 0; answers < 9;) {
				// One of them asks for a 100 before it goes on.
				answers += (client.read().status() > 100) ? 1 : 0;
			}
			always.cancel(false);
		}
		assertThat(this.differences).isEmpty();
		assertThat(this.comparisons.get()).isGreaterThan(10);
	}

	private void compare(Channel channel, String when) {
		HttpServerCodec codec = channel.pipeline().get(HttpServerCodec.class);
		Exchanges exchanges = channel.pipeline().get(Exchanges.class);
		CodecInput input = channel.pipeline().get(CodecInput.class);
		if (codec == null || exchanges == null || input == null || !channel.isActive()) {
			return;
		}
		ExchangeState asked = this.states.of(channel, codec);
		ExchangeState seen = new ExchangeState(exchanges.inFlight(), exchanges.isReceived(), input.isTouched(),
				exchanges.isResponding(), false);
		this.comparisons.incrementAndGet();
		if (!asked.equals(seen)) {
			this.differences.add(when + ": asked " + asked + ", seen " + seen);
		}
	}

}
