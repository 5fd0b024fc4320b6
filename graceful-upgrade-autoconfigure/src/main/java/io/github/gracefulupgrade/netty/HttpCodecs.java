package io.github.gracefulupgrade.netty;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;

import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpServerCodec;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes an HTTP codec has received and not yet decoded. Netty has that number,
 * in methods that only subclasses may call, and {@link HttpServerCodec} is final.
 */
final class HttpCodecs {

	private static final @Nullable MethodHandle DECODER = find(CombinedChannelDuplexHandler.class, "inboundHandler",
			ChannelInboundHandler.class);

	private static final @Nullable MethodHandle UNREAD = find(ByteToMessageDecoder.class, "actualReadableBytes",
			int.class);

	private HttpCodecs() {
	}

	/**
	 * Whether a codec can be asked.
	 */
	static boolean isKnown() {
		return DECODER != null && UNREAD != null;
	}

	/**
	 * The decoder of a codec, or {@code null} if it cannot be told.
	 */
	static @Nullable ChannelInboundHandler decoder(HttpServerCodec codec) {
		if (DECODER == null) {
			return null;
		}
		try {
			return (ChannelInboundHandler) DECODER.invokeExact((CombinedChannelDuplexHandler<?, ?>) codec);
		}
		catch (Throwable ex) {
			return null;
		}
	}

	/**
	 * The bytes that wait in a codec. Asked when a request has just been decoded to its
	 * end, these are what came after it.
	 * @param codec the codec
	 * @return the number of bytes, or 1 if it cannot be told: then the connection counts
	 * as one on which another request has begun, and is not moved
	 */
	static int unread(HttpServerCodec codec) {
		ChannelInboundHandler decoder = decoder(codec);
		if (decoder == null || UNREAD == null) {
			return 1;
		}
		try {
			return (int) UNREAD.invokeExact((ByteToMessageDecoder) decoder);
		}
		catch (Throwable ex) {
			return 1;
		}
	}

	private static @Nullable MethodHandle find(Class<?> type, String name, Class<?> result) {
		try {
			Method method = type.getDeclaredMethod(name);
			method.setAccessible(true);
			return MethodHandles.lookup().unreflect(method).asType(MethodType.methodType(result, type));
		}
		catch (ReflectiveOperationException | RuntimeException ex) {
			return null;
		}
	}

}
