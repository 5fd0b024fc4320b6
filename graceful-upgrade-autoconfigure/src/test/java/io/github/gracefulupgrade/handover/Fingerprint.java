package io.github.gracefulupgrade.handover;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * A number for the state of a {@link World}: two that have the same differ in nothing
 * that matters to what can happen next, but for how long timers still run, of which only
 * the order counts. The state of the roles is read from their fields, whatever those are,
 * so that it cannot be forgotten.
 */
final class Fingerprint {

	private static final String ROOM = Handover.class.getPackageName() + ".";

	private static final Map<Class<?>, Field[]> FIELDS = new HashMap<>();

	private final Map<Object, Boolean> seen = new IdentityHashMap<>();

	private final World world;

	private long hash = 1;

	private Fingerprint(World world) {
		this.world = world;
	}

	static long of(World world) {
		Fingerprint fingerprint = new Fingerprint(world);
		world.mix(fingerprint);
		return fingerprint.hash;
	}

	Fingerprint add(long value) {
		long mixed = (this.hash ^ value) * 0x9E3779B97F4A7C15L;
		this.hash = mixed ^ (mixed >>> 29);
		return this;
	}

	Fingerprint add(boolean value) {
		return add(value ? 1 : 2);
	}

	Fingerprint add(@Nullable Object value) {
		return add((value != null) ? value.toString().hashCode() : 0);
	}

	/**
	 * Add the state of an object and of all that belongs to it.
	 */
	Fingerprint addState(@Nullable Object object) {
		try {
			walk(object);
			return this;
		}
		catch (IllegalAccessException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void walk(@Nullable Object object) throws IllegalAccessException {
		if (object == null) {
			add(0);
		}
		else if (object instanceof Boolean || object instanceof Integer || object instanceof Long
				|| object instanceof Enum<?>) {
			add((object instanceof Enum<?> constant) ? constant.ordinal() + 10 : object.hashCode());
		}
		else if (object instanceof CompletableFuture<?> future) {
			add(future.isDone());
		}
		else if (object instanceof Connection.End end) {
			add(this.world.ends.indexOf(end)).add(end.isOpen());
		}
		else if (object instanceof Collection<?> collection) {
			add(collection.size());
			for (Object element : collection) {
				walk(element);
			}
		}
		else if (object instanceof Map<?, ?> map) {
			add(map.size());
		}
		else if (isState(object.getClass()) && this.seen.put(object, true) == null) {
			for (Field field : fields(object.getClass())) {
				walk(field.get(object));
			}
		}
		else {
			add(3);
		}
	}

	/**
	 * Whether objects of this class have state that matters. What a message says of
	 * processes is known; timers and clocks are the world's; texts are for people.
	 */
	private static boolean isState(Class<?> type) {
		return type.getName().startsWith(ROOM) && !type.isRecord() && !type.isSynthetic() && !type.isHidden()
				&& type != Patience.class && type != Instance.class && type != ContainedPorts.class
				&& type != StartFailures.class && type != Descriptor.class;
	}

	private static Field[] fields(Class<?> type) {
		return FIELDS.computeIfAbsent(type, (key) -> {
			List<Field> fields = new ArrayList<>(Arrays.asList(key.getDeclaredFields()));
			fields.removeIf((field) -> Modifier.isStatic(field.getModifiers()) || field.getType() == String.class);
			fields.forEach((field) -> field.setAccessible(true));
			return fields.toArray(Field[]::new);
		});
	}

}
