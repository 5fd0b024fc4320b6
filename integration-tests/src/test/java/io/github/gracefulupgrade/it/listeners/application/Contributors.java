package io.github.gracefulupgrade.it.listeners.application;

import java.io.OutputStream;
import java.net.InetAddress;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;

import io.github.gracefulupgrade.UpgradeContributor;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Contributors that do what they should, and others.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("test.contributors")
class Contributors {

	private static final int LARGE = 10_000_000;

	@Bean
	RawServer raw() {
		return new RawServer();
	}

	@Bean
	UpgradeContributor throwing() {
		return contributor("throwing", (contribution) -> {
			contribution.state("half").write(1);
			throw new IllegalStateException("no cache today");
		});
	}

	@Bean
	UpgradeContributor hanging() {
		return contributor("hanging", (contribution) -> new CountDownLatch(1).await());
	}

	@Bean
	UpgradeContributor tooLarge() {
		return contributor("too-large", (contribution) -> {
			OutputStream all = contribution.state("all");
			for (int i = 0; i < 17; i++) {
				all.write(new byte[1 << 20]);
			}
		});
	}

	@Bean
	UpgradeContributor large() {
		return contributor("large", (contribution) -> contribution.state("cache").write(new byte[LARGE]));
	}

	@Bean
	@ConditionalOnProperty(name = "test.version", havingValue = "1")
	UpgradeContributor onlyInTheFirst() {
		return contributor("only-in-the-first", (contribution) -> contribution.state("s").write(1));
	}

	@Bean
	@ConditionalOnProperty(name = "test.version", havingValue = "2")
	UpgradeContributor onlyInTheSecond() {
		return contributor("only-in-the-second", (contribution) -> contribution.state("s").write(1));
	}

	private static UpgradeContributor contributor(String name, Contribute contribute) {
		return new UpgradeContributor() {

			@Override
			public String getName() {
				return name;
			}

			@Override
			public void contribute(Contribution contribution) throws Exception {
				contribute.to(contribution);
			}

			@Override
			public void receive(Inheritance inheritance) throws Exception {
				int size = inheritance.state("cache").orElseThrow().readAllBytes().length;
				System.out.println(name + " received " + size + " bytes");
			}

		};
	}

	private interface Contribute {

		void to(UpgradeContributor.Contribution contribution) throws Exception;

	}

	/**
	 * A server on raw Netty, of which the starter knows nothing but the descriptor.
	 */
	private static final class RawServer implements UpgradeContributor, SmartLifecycle {

		private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

		private volatile int inherited = -1;

		private volatile EpollServerSocketChannel channel;

		@Override
		public String getName() {
			return "raw";
		}

		@Override
		public void contribute(Contribution contribution) {
			contribution.descriptor("listener", this.channel.fd().intValue());
		}

		@Override
		public void receive(Inheritance inheritance) {
			OptionalInt descriptor = inheritance.descriptor("listener");
			this.inherited = descriptor.orElseThrow();
		}

		@Override
		public void start() {
			ServerBootstrap bootstrap = new ServerBootstrap().group(this.loops)
				.childHandler(new ChannelInitializer<Channel>() {

					@Override
					protected void initChannel(Channel channel) {
						channel.pipeline().addLast(new Greeting());
					}

				});
			this.channel = (EpollServerSocketChannel) ((this.inherited < 0)
					? bootstrap.channel(EpollServerSocketChannel.class).bind(InetAddress.getLoopbackAddress(), 0)
					: bootstrap.channelFactory(() -> new EpollServerSocketChannel(this.inherited)).register())
				.syncUninterruptibly()
				.channel();
			System.out.println("Raw server on port " + this.channel.localAddress().getPort());
		}

		@Override
		public void stop() {
			this.channel.close().syncUninterruptibly();
			this.channel = null;
			this.loops.shutdownGracefully();
		}

		@Override
		public boolean isRunning() {
			return this.channel != null;
		}

	}

	private static final class Greeting extends ChannelInboundHandlerAdapter {

		@Override
		public void channelActive(ChannelHandlerContext ctx) {
			ctx.writeAndFlush(Unpooled.copiedBuffer("raw " + ListenersApplication.PID + "\n", UTF_8))
				.addListener(ChannelFutureListener.CLOSE);
		}

	}

}
