package io.github.gracefulupgrade.netty;

import java.lang.reflect.Field;
import java.util.function.IntSupplier;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.util.UncheckedBooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides how many bytes are read at a time, so that reading can be made to stop at the
 * very end of a request. What has been read cannot be put back into the kernel, and a
 * connection with a part of the next request read cannot be handed over: of a client that
 * pipelines without end, that would be every connection, forever.
 * <p>
 * All state is the connection's event loop's.
 */
final class ReadLimit implements RecvByteBufAllocator, ExtendedHandle {

	private static final @Nullable Field KEPT = Fields.find("io.netty.channel.AbstractChannel$AbstractUnsafe",
			"recvHandle", RecvByteBufAllocator.Handle.class);

	private static final @Nullable Field KEPT_BY_EPOLL = Fields.find(
			"io.netty.channel.epoll.AbstractEpollChannel$AbstractEpollUnsafe", "allocHandle",
			RecvByteBufAllocator.Handle.class);

	private final ExtendedHandle handle;

	private @Nullable IntSupplier limit;

	@SuppressWarnings("deprecation") // but what the epoll transport asks for
	private ReadLimit(RecvByteBufAllocator allocator) {
		this.handle = (ExtendedHandle) allocator.newHandle();
	}

	/**
	 * Make a connection's reads limitable, while none is under way. Netty asks its
	 * configuration for a handle once, before the first read, and keeps it: it is made to
	 * forget it. Were it there from the beginning, every read would pass through it.
	 * @param channel the connection
	 * @return the limit, which limits nothing so far, or {@code null} if there is no way
	 * in this version of Netty
	 */
	static @Nullable ReadLimit install(Channel channel) {
		if (KEPT == null || KEPT_BY_EPOLL == null) {
			return null;
		}
		ReadLimit limit = new ReadLimit(channel.config().getRecvByteBufAllocator());
		try {
			KEPT.set(channel.unsafe(), null);
			KEPT_BY_EPOLL.set(channel.unsafe(), null);
		}
		catch (IllegalAccessException | IllegalArgumentException ex) {
			return null;
		}
		channel.config().setRecvByteBufAllocator(limit);
		return limit;
	}

	/**
	 * Set or lift the limit.
	 * @param limit asked before each read for the most bytes to read, at least 1; or
	 * {@code null} for no limit
	 */
	void set(@Nullable IntSupplier limit) {
		this.limit = limit;
	}

	/**
	 * A connection asks for its handle once.
	 */
	@Override
	public Handle newHandle() {
		return this;
	}

	@Override
	public ByteBuf allocate(ByteBufAllocator alloc) {
		IntSupplier limit = this.limit;
		if (limit != null) {
			int size = Math.min(limit.getAsInt(), this.handle.guess());
			return alloc.ioBuffer(size, size);
		}
		return this.handle.allocate(alloc);
	}

	@Override
	public int guess() {
		return this.handle.guess();
	}

	@Override
	public void reset(ChannelConfig config) {
		this.handle.reset(config);
	}

	@Override
	public void incMessagesRead(int messages) {
		this.handle.incMessagesRead(messages);
	}

	@Override
	public void lastBytesRead(int bytes) {
		this.handle.lastBytesRead(bytes);
	}

	@Override
	public int lastBytesRead() {
		return this.handle.lastBytesRead();
	}

	@Override
	public void attemptedBytesRead(int bytes) {
		this.handle.attemptedBytesRead(bytes);
	}

	@Override
	public int attemptedBytesRead() {
		return this.handle.attemptedBytesRead();
	}

	@Override
	public boolean continueReading() {
		return this.handle.continueReading();
	}

	@Override
	public boolean continueReading(UncheckedBooleanSupplier maybeMoreDataSupplier) {
		return this.handle.continueReading(maybeMoreDataSupplier);
	}

	@Override
	public void readComplete() {
		this.handle.readComplete();
	}

}
