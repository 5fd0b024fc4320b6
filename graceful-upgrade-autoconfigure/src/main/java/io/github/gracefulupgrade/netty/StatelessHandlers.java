package io.github.gracefulupgrade.netty;

import java.util.List;
import java.util.Map;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import org.jspecify.annotations.Nullable;

/**
 * The handlers that keep nothing from one request of a connection to the next, so that
 * its successor can go on with handlers of its own. Of any other nobody here knows.
 * Immutable.
 */
public final class StatelessHandlers {

	/**
	 * Of OpenTelemetry's agent, which adds one after the codec. It has the spans of
	 * requests that are not answered yet, and nothing else.
	 */
	private static final String OPEN_TELEMETRY = "io.opentelemetry.javaagent.";

	private static final String REACTOR_NETTY = "reactor.";

	private final List<String> classNames;

	private StatelessHandlers(List<String> classNames) {
		this.classNames = classNames;
	}

	/**
	 * What is known, and what the user knows.
	 * @param classNames how the names of more classes begin, with their packages
	 */
	public static StatelessHandlers and(List<String> classNames) {
		return new StatelessHandlers(List.copyOf(classNames));
	}

	/**
	 * All of them, for connections that are nobody's.
	 */
	public static StatelessHandlers all() {
		return and(List.of(""));
	}

	/**
	 * Another handler in a pipeline.
	 * @return the name of its class; {@code null} if there is none
	 */
	@Nullable String findOther(ChannelPipeline pipeline) {
		for (Map.Entry<String, ChannelHandler> handler : pipeline) {
			String className = handler.getValue().getClass().getName();
			if (!isOurs(handler.getKey()) && !className.startsWith(OPEN_TELEMETRY)
					&& this.classNames.stream().noneMatch(className::startsWith)) {
				return className;
			}
		}
		return null;
	}

	/**
	 * Reactor Netty gives names to all of its own, Netty's classes among them.
	 */
	private static boolean isOurs(String name) {
		return name.startsWith(REACTOR_NETTY) || name.startsWith(TrackedConnection.PREFIX);
	}

}
