package io.github.gracefulupgrade.it.drain;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2ChannelDuplexHandler;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;

/**
 * An HTTP/2 client that keeps a number of streams open on each of its connections, and
 * says what became of every one. When it reads a GOAWAY, it opens no more streams on that
 * connection, and connects again; nothing is ever sent twice.
 */
final class Http2Client implements AutoCloseable {

	private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

	private final int port;

	private final boolean tls;

	private final int streams;

	private final List<String> paths;

	private final Map<Long, LongAdder> answers = new ConcurrentHashMap<>();

	private final LongAdder open = new LongAdder();

	/** The last stream ids of all GOAWAYs, connection by connection. */
	private final Queue<List<Integer>> farewells = new ConcurrentLinkedQueue<>();

	/**
	 * Streams that a GOAWAY promised to serve, or none excluded, and that ended without
	 * an answer.
	 */
	private final Queue<String> lost = new ConcurrentLinkedQueue<>();

	/** Streams beyond the last one that the server serves: the client may try again. */
	private final Queue<String> refused = new ConcurrentLinkedQueue<>();

	private final AtomicInteger connections = new AtomicInteger();

	private volatile boolean stopping;

	Http2Client(int port, boolean tls, int connections, int streams, String... paths) {
		this.port = port;
		this.tls = tls;
		this.streams = streams;
		this.paths = List.of(paths);
		for (int i = 0; i < connections; i++) {
			Http2Client.this.connect();
		}
	}

	private void connect() {
		new Bootstrap().group(this.loops).channel(NioSocketChannel.class).handler(new ChannelInitializer<>() {

			@Override
			protected void initChannel(Channel channel) throws Exception {
				if (Http2Client.this.tls) {
					channel.pipeline().addLast(sslContext().newHandler(channel.alloc()));
				}
				channel.pipeline()
					.addLast(
							Http2FrameCodecBuilder.forClient().initialSettings(Http2Settings.defaultSettings()).build())
					.addLast(new Conversation());
			}

		})
			.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port))
			.addListener((ChannelFutureListener) (future) -> {
				if (!future.isSuccess()) {
					this.lost.add("not connected: " + future.cause());
				}
			});
	}

	private static SslContext sslContext() throws Exception {
		return SslContextBuilder.forClient()
			.trustManager(InsecureTrustManagerFactory.INSTANCE)
			.applicationProtocolConfig(
					new ApplicationProtocolConfig(Protocol.ALPN, SelectorFailureBehavior.NO_ADVERTISE,
							SelectedListenerFailureBehavior.ACCEPT, ApplicationProtocolNames.HTTP_2))
			.build();
	}

	/** Wait until an instance has answered a number of requests. */
	Http2Client awaitAnswers(long pid, int count) {
		Await.until("answers of pid " + pid, () -> answers(pid) >= count || !this.lost.isEmpty());
		return this;
	}

	long answers(long pid) {
		LongAdder answers = this.answers.get(pid);
		return (answers != null) ? answers.sum() : 0;
	}

	/** Open no more streams, and wait for those that are open. */
	Http2Client stop() {
		this.stopping = true;
		Await.until("the last streams", () -> this.open.sum() == 0 || !this.lost.isEmpty());
		return this;
	}

	Queue<String> lost() {
		return this.lost;
	}

	Queue<String> refused() {
		return this.refused;
	}

	Queue<List<Integer>> farewells() {
		return this.farewells;
	}

	int connections() {
		return this.connections.get();
	}

	long answers() {
		return this.answers.values().stream().mapToLong(LongAdder::sum).sum();
	}

	@Override
	public void close() {
		this.stopping = true;
		this.loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
	}

	private final class Conversation extends Http2ChannelDuplexHandler {

		private final Map<Http2FrameStream, Long> running = new ConcurrentHashMap<>();

		private final List<Integer> goAways = new ArrayList<>();

		private int number;

		private boolean begun;

		@Override
		protected void handlerAdded0(ChannelHandlerContext ctx) {
			Http2Client.this.farewells.add(this.goAways);
			if (ctx.channel().isActive() && ctx.pipeline().get(SslHandler.class) == null) {
				begin(ctx);
			}
		}

		@Override
		public void channelActive(ChannelHandlerContext ctx) {
			if (ctx.pipeline().get(SslHandler.class) == null) {
				begin(ctx);
			}
			ctx.fireChannelActive();
		}

		@Override
		public void userEventTriggered(ChannelHandlerContext ctx, Object evt) {
			if (evt instanceof SslHandshakeCompletionEvent handshake) {
				if (handshake.isSuccess()) {
					begin(ctx);
				}
				else {
					Http2Client.this.lost.add("no TLS: " + handshake.cause());
				}
			}
			ctx.fireUserEventTriggered(evt);
		}

		private void begin(ChannelHandlerContext ctx) {
			if (this.begun) {
				return;
			}
			this.begun = true;
			Http2Client.this.connections.incrementAndGet();
			for (int i = 0; i < Http2Client.this.streams; i++) {
				ctx.executor().execute(() -> request(ctx));
			}
		}

		private void request(ChannelHandlerContext ctx) {
			if (Http2Client.this.stopping || !this.goAways.isEmpty()) {
				return;
			}
			String path = Http2Client.this.paths.get(this.number++ % Http2Client.this.paths.size());
			Http2Headers headers = new DefaultHttp2Headers().method("GET")
				.path(path)
				.scheme(Http2Client.this.tls ? "https" : "http")
				.authority("localhost");
			Http2FrameStream stream = newStream();
			this.running.put(stream, 0L);
			Http2Client.this.open.increment();
			ctx.writeAndFlush(new DefaultHttp2HeadersFrame(headers, true).stream(stream)).addListener((future) -> {
				if (!future.isSuccess()) {
					failed(stream, "not sent: " + future.cause());
				}
			});
		}

		@Override
		public void channelRead(ChannelHandlerContext ctx, Object msg) {
			try {
				if (msg instanceof Http2HeadersFrame headers) {
					CharSequence pid = headers.headers().get("x-pid");
					if (pid != null) {
						this.running.put(headers.stream(), Long.parseLong(pid.toString()));
					}
					if (!"200".contentEquals(headers.headers().status())) {
						failed(headers.stream(), "status " + headers.headers().status());
					}
					if (headers.isEndStream()) {
						answered(ctx, headers.stream());
					}
				}
				else if (msg instanceof Http2DataFrame data) {
					ctx.write(
							new DefaultHttp2WindowUpdateFrame(data.initialFlowControlledBytes()).stream(data.stream()));
					if (data.isEndStream()) {
						answered(ctx, data.stream());
					}
				}
				else if (msg instanceof Http2ResetFrame reset) {
					failed(reset.stream(), "reset, error " + reset.errorCode());
				}
				else if (msg instanceof Http2GoAwayFrame goAway) {
					if (this.goAways.isEmpty() && !Http2Client.this.stopping) {
						Http2Client.this.connect();
					}
					this.goAways.add(goAway.lastStreamId());
				}
			}
			finally {
				ReferenceCountUtil.release(msg);
			}
		}

		@Override
		public void channelReadComplete(ChannelHandlerContext ctx) {
			ctx.flush();
		}

		private void answered(ChannelHandlerContext ctx, Http2FrameStream stream) {
			Long pid = this.running.remove(stream);
			if (pid != null) {
				Http2Client.this.open.decrement();
				Http2Client.this.answers.computeIfAbsent(pid, (ignored) -> new LongAdder()).increment();
				request(ctx);
			}
		}

		private void failed(Http2FrameStream stream, String how) {
			if (this.running.remove(stream) != null) {
				Http2Client.this.open.decrement();
				boolean beyond = !this.goAways.isEmpty() && stream.id() > this.goAways.get(this.goAways.size() - 1);
				String what = "stream %d, GOAWAYs %s: %s".formatted(stream.id(), this.goAways, how);
				(beyond ? Http2Client.this.refused : Http2Client.this.lost).add(what);
			}
		}

		@Override
		public void channelInactive(ChannelHandlerContext ctx) {
			List.copyOf(this.running.keySet()).forEach((stream) -> failed(stream, "connection closed"));
			if (this.goAways.isEmpty() && !Http2Client.this.stopping) {
				Http2Client.this.lost.add("closed without a GOAWAY");
			}
			ctx.fireChannelInactive();
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
			Http2Client.this.lost.add("failed: " + cause);
			ctx.close();
		}

	}

}
