package io.github.gracefulupgrade.autoconfigure;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

import io.github.gracefulupgrade.UpgradeContributor;
import io.github.gracefulupgrade.handover.Belongings.Item;
import io.github.gracefulupgrade.handover.Belongings.Open;
import io.github.gracefulupgrade.handover.Belongings.State;
import org.jspecify.annotations.Nullable;

/**
 * What one contributor receives.
 */
final class Received implements UpgradeContributor.Inheritance {

	private final List<Item> items;

	Received(List<Item> items) {
		this.items = items;
	}

	@Override
	public Optional<InputStream> state(String name) {
		return this.items.stream()
			.filter((item) -> item instanceof State && item.name().equals(name))
			.findFirst()
			.map((item) -> new ByteArrayInputStream(((State) item).bytes()));
	}

	@Override
	public OptionalInt descriptor(String name) {
		Open open = find(name);
		if (open == null) {
			return OptionalInt.empty();
		}
		try {
			return OptionalInt.of(open.descriptor().release());
		}
		catch (IllegalStateException ex) {
			return OptionalInt.empty(); // taken before
		}
	}

	private @Nullable Open find(String name) {
		for (Item item : this.items) {
			if (item instanceof Open open && open.name().equals(name)) {
				return open;
			}
		}
		return null;
	}

}
