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
	 * The bytes that wait in a codec. To be asked when a request has just been decoded to
	 * its end: then these are what came after it.
	 * @param codec the codec
	 * @return the number of bytes, or 1 if it cannot be told: then the connection counts
	 * as one on which another request has begun, and is not moved
	 */
	static int unread(HttpServerCodec codec) {
		if (DECODER == null || UNREAD == null) {
			return 1;
		}
		try {
			ChannelInboundHandler decoder = (ChannelInboundHandler) DECODER
				.invokeExact((CombinedChannelDuplexHandler<?, ?>) codec);
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
