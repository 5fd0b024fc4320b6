package io.github.gracefulupgrade.netty;

import java.lang.reflect.Field;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * Fields that Netty and Reactor Netty keep to themselves.
 */
final class Fields {

	private Fields() {
	}

	/**
	 * Find one.
	 * @param type the class that has it
	 * @param name its name
	 * @param kind what it holds
	 * @return the field, or {@code null} if there is no such one in this version
	 */
	static @Nullable Field find(String type, String name, Class<?> kind) {
		try {
			Field field = Class.forName(type, false, Channel.class.getClassLoader()).getDeclaredField(name);
			field.setAccessible(true);
			return kind.isAssignableFrom(field.getType()) ? field : null;
		}
		catch (ReflectiveOperationException | RuntimeException ex) {
			return null;
		}
	}

}
