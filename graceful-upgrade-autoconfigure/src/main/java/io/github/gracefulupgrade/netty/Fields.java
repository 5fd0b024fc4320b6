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
	 * @return the field, or {@code null} if there is none in this version
	 */
	static @Nullable Field find(String type, String name) {
		try {
			Field field = Class.forName(type, false, Channel.class.getClassLoader()).getDeclaredField(name);
			field.setAccessible(true);
			return field;
		}
		catch (ReflectiveOperationException | RuntimeException ex) {
			return null;
		}
	}

}
