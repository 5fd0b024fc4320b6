package io.github.gracefulupgrade.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.epoll.EpollSocketChannel;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ReadLimit}: what it knows of Netty's inside is true of this version.
 */
class ReadLimitTests {

	@Test
	void aConnectionThatHasBeenReadCanStillBeLimited() {
		EpollSocketChannel channel = new EpollSocketChannel();
		try {
			assertThat(toRead(channel)).isGreaterThan(3);
			ReadLimit limit = ReadLimit.install(channel);
			assertThat(limit).isNotNull();
			assertThat(toRead(channel)).isGreaterThan(3);
			limit.set(() -> 3);
			assertThat(toRead(channel)).isEqualTo(3);
			limit.set(null);
			assertThat(toRead(channel)).isGreaterThan(3);
		}
		finally {
			channel.unsafe().closeForcibly();
		}
	}

	private static int toRead(EpollSocketChannel channel) {
		ByteBuf buffer = channel.unsafe().recvBufAllocHandle().allocate(channel.alloc());
		try {
			return buffer.writableBytes();
		}
		finally {
			buffer.release();
		}
	}

}
