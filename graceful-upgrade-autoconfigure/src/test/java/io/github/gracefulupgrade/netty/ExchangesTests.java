package io.github.gracefulupgrade.netty;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A connection that moves at the wrong byte makes a request of what was the body of
 * another. So every number of bytes is tried that a client may have sent when a drain
 * looks: between requests is exactly where a request has ended, and was answered.
 */
class ExchangesTests {

	private static final List<String> REQUESTS = List.of("GET /1 HTTP/1.1\r\nHost: test\r\n\r\n",
			"POST /2 HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nGET /",
			"POST /3 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n0\r\n\r\n",
			"POST /4 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n",
			"PUT /5 HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n", "HEAD /6 HTTP/1.1\r\nHost: test\r\n\r\n");

	/**
	 * When a request is answered.
	 */
	enum Answer {

		/** When its head is there: the body still comes. */
		EARLY,

		/** When its end is there. */
		AT_THE_END,

		/** Never. */
		NOT_AT_ALL

	}

	@ParameterizedTest
	@EnumSource
	void betweenRequestsIsWhereARequestHasEndedAndWasAnswered(Answer answer) {
		String bytes = String.join("", REQUESTS);
		List<Integer> ends = new ArrayList<>(List.of(0));
		for (String request : REQUESTS) {
			ends.add(ends.get(ends.size() - 1) + request.length());
		}
		for (int length = 0; length <= bytes.length(); length++) {
			int whole = wholeRequests(ends, length);
			// In one piece, byte by byte, and in two pieces that meet anywhere.
			assertBetween(bytes, List.of(length), whole, ends, answer);
			assertBetween(bytes, ends(length), whole, ends, answer);
			for (int middle = 1; middle < length; middle += 13) {
				assertBetween(bytes, List.of(middle, length), whole, ends, answer);
			}
		}
	}

	private static List<Integer> ends(int length) {
		List<Integer> ends = new ArrayList<>();
		for (int i = 1; i <= length; i++) {
			ends.add(i);
		}
		return ends;
	}

	private static int wholeRequests(List<Integer> ends, int length) {
		return (int) ends.stream().filter((end) -> end <= length).count() - 1;
	}

	private static void assertBetween(String bytes, List<Integer> pieces, int whole, List<Integer> ends,
			Answer answer) {
		int length = pieces.isEmpty() ? 0 : pieces.get(pieces.size() - 1);
		Connection connection = new Connection(answer);
		int from = 0;
		for (int to : pieces) {
			if (to > from) {
				connection.receive(bytes.substring(from, to));
			}
			from = to;
		}
		boolean ended = ends.contains(length);
		boolean answered = answer != Answer.NOT_AT_ALL || whole == 0;
		assertThat(connection.exchanges.isBetweenRequests())
			.as("between requests after %d bytes in pieces that end at %s", length, pieces)
			.isEqualTo(ended && answered);
		assertThat(connection.exchanges.hasOnlyWholeRequests()).isEqualTo(ended);
		if (!ended) {
			// Not beyond the end of the request, unless it is chunked.
			int left = ends.get(whole + 1) - length;
			int toRead = connection.exchanges.bytesToRead();
			assertThat(toRead == Integer.MAX_VALUE ? 1 : toRead).isBetween(1, left);
		}
		connection.channel.finishAndReleaseAll();
	}

	private static final class Connection implements Exchanges.Owner {

		private final EmbeddedChannel channel;

		private final Exchanges exchanges;

		Connection(Answer answer) {
			HttpServerCodec codec = new HttpServerCodec();
			CodecInput input = new CodecInput(codec, ExchangeState.NEW);
			this.exchanges = new Exchanges(input, this, ExchangeState.NEW);
			this.channel = new EmbeddedChannel(input, codec, this.exchanges, new Application(answer));
		}

		void receive(String bytes) {
			this.channel.writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
		}

		@Override
		public void requestReceived() {
		}

		@Override
		public boolean isLastResponse(boolean begunNext) {
			return false;
		}

		@Override
		public void responseWritten() {
		}

		@Override
		public void switchedProtocols() {
		}

	}

	private static final class Application extends ChannelInboundHandlerAdapter {

		private final Answer answer;

		Application(Answer answer) {
			this.answer = answer;
		}

		@Override
		public void channelRead(ChannelHandlerContext ctx, Object msg) {
			boolean now = switch (this.answer) {
				case EARLY -> msg instanceof HttpRequest;
				case AT_THE_END -> msg instanceof LastHttpContent;
				case NOT_AT_ALL -> false;
			};
			ReferenceCountUtil.release(msg);
			if (now) {
				DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1,
						HttpResponseStatus.OK);
				response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, 0);
				ctx.writeAndFlush(response);
			}
		}

	}

}
