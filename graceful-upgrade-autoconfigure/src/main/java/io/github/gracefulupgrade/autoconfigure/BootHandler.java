package io.github.gracefulupgrade.autoconfigure;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.util.ClassUtils;

/**
 * What Spring Boot puts between a web server and the application's handler. A warm-up
 * that went without it would have the compiler inline the application where the web
 * server calls its handler, and all of that would be thrown away with the first request,
 * which meets another class there. It takes the compiler half a second to make it again.
 */
final class BootHandler {

	private static final Log logger = LogFactory.getLog(BootHandler.class);

	static final String TYPE = "org.springframework.boot.web.server.reactive.context.WebServerManager$DelayedInitializationHttpHandler";

	private BootHandler() {
	}

	/**
	 * Wrap a handler as Spring Boot would. The class is private: where it is not as it is
	 * known, the handler goes as it is, and is answered as well.
	 * @param handler the application's
	 * @return the handler of a web server
	 */
	static HttpHandler around(HttpHandler handler) {
		try {
			Class<?> type = ClassUtils.forName(TYPE, BootHandler.class.getClassLoader());
			Constructor<?> constructor = type.getDeclaredConstructor(Supplier.class, boolean.class);
			constructor.setAccessible(true);
			Method initialize = type.getDeclaredMethod("initializeHandler");
			initialize.setAccessible(true);
			Object wrapped = constructor.newInstance((Supplier<HttpHandler>) () -> handler, false);
			initialize.invoke(wrapped);
			return (HttpHandler) wrapped;
		}
		catch (ReflectiveOperationException | RuntimeException | LinkageError ex) {
			logger.debug("The warm-up goes without Spring Boot's own handler", ex);
			return handler;
		}
	}

}
