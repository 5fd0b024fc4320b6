package io.github.gracefulupgrade.autoconfigure;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.gracefulupgrade.UpgradeContributor;
import io.github.gracefulupgrade.handover.Belongings.Item;
import io.github.gracefulupgrade.handover.Belongings.Open;
import io.github.gracefulupgrade.handover.Belongings.State;
import io.github.gracefulupgrade.handover.Descriptor;

import org.springframework.util.unit.DataSize;

/**
 * What one contributor contributes. Used by the thread that it runs on, and read when
 * that is done.
 */
final class Collected implements UpgradeContributor.Contribution {

	private static final int MAX_NAME = 255;

	private final DataSize maxSize;

	private final Map<String, ByteArrayOutputStream> states = new LinkedHashMap<>();

	private final Map<String, Integer> descriptors = new LinkedHashMap<>();

	Collected(DataSize maxSize) {
		this.maxSize = maxSize;
	}

	@Override
	public OutputStream state(String name) {
		BoundedOutput output = new BoundedOutput(checked(name), this.maxSize);
		if (this.states.putIfAbsent(name, output) != null) {
			throw new IllegalArgumentException("State '" + name + "' was contributed before");
		}
		return output;
	}

	@Override
	public void descriptor(String name, int descriptor) {
		// What the kernel does not know would end the whole handover when it is sent.
		if (!Files.isSymbolicLink(Path.of("/proc/self/fd/" + descriptor))) {
			throw new IllegalArgumentException("Descriptor '%s' is %d, which is not open".formatted(name, descriptor));
		}
		if (this.descriptors.putIfAbsent(checked(name), descriptor) != null) {
			throw new IllegalArgumentException("Descriptor '" + name + "' was contributed before");
		}
	}

	List<Item> items(String contributor) {
		List<Item> items = new ArrayList<>();
		this.states.forEach((name, bytes) -> items.add(new State(contributor, name, bytes.toByteArray())));
		this.descriptors.forEach((name, number) -> items.add(new Open(contributor, name, Descriptor.borrowed(number))));
		return items;
	}

	/**
	 * A name that fits into a frame.
	 */
	static String checked(String name) {
		if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
			throw new IllegalArgumentException("The name '%s' is longer than %d bytes".formatted(name, MAX_NAME));
		}
		return name;
	}

	/**
	 * Refuses more than it may have.
	 */
	private static final class BoundedOutput extends ByteArrayOutputStream {

		private final String name;

		private final DataSize maxSize;

		BoundedOutput(String name, DataSize maxSize) {
			this.name = name;
			this.maxSize = maxSize;
		}

		@Override
		public synchronized void write(int b) {
			check(1);
			super.write(b);
		}

		@Override
		public synchronized void write(byte[] bytes, int offset, int length) {
			check(length);
			super.write(bytes, offset, length);
		}

		private void check(int more) {
			if (size() + (long) more > this.maxSize.toBytes()) {
				throw new IllegalStateException(
						"state '%s' is larger than %s (pingora.state.max-size)".formatted(this.name, this.maxSize));
			}
		}

	}

}
