package io.github.gracefulupgrade.handover;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import io.github.gracefulupgrade.handover.Belongings.Item;
import io.github.gracefulupgrade.handover.Belongings.Open;
import io.github.gracefulupgrade.handover.Belongings.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Luggage}.
 */
class LuggageTests {

	private static final int PART = Message.StatePart.MAX_BYTES;

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, PART - 1, PART, PART + 1, 3 * PART, 10 * PART + 7 })
	void stateOfAnySizeArrivesWhole(int size) {
		byte[] bytes = new byte[size];
		new Random(size).nextBytes(bytes);
		Luggage luggage = new Luggage(size);
		List<Item> items = List.of(new State("cache", "a", bytes), new State("cache", "b", new byte[] { 1 }));
		Luggage.send(items.subList(0, 1), (message) -> {
			assertThat(((Message.StatePart) message).bytes().remaining()).isLessThanOrEqualTo(PART);
			assertThat(luggage.add((Message.StatePart) message)).isTrue();
		});
		assertThat(luggage.unpack()).singleElement().satisfies((item) -> {
			assertThat(item.contributor()).isEqualTo("cache");
			assertThat(((State) item).bytes()).isEqualTo(bytes);
		});
		assertThat(luggage.unpack()).isEmpty();
	}

	@Test
	void stateThatIsLargerThanThisInstanceTakesIsLeftOut() {
		Luggage luggage = new Luggage(PART + 1);
		assertThat(luggage.add(part(PART, false))).isTrue();
		assertThat(luggage.add(part(2, false))).isTrue();
		assertThat(luggage.add(part(1, true))).isTrue();
		assertThat(luggage.add(part(PART + 1, true))).isTrue();
		assertThat(luggage.tooLarge()).containsExactly("cache");
		assertThat(luggage.unpack()).singleElement()
			.satisfies((item) -> assertThat(((State) item).bytes()).hasSize(PART + 1));
	}

	@Test
	void descriptorsTravelInMessagesOfThirtyTwo() {
		List<Item> items = new ArrayList<>();
		for (int i = 0; i < 70; i++) {
			items.add(new Open("grpc", "listener-" + i, Descriptor.borrowed(i)));
		}
		List<Integer> sizes = new ArrayList<>();
		Luggage luggage = new Luggage(0);
		Luggage.send(items, (message) -> {
			sizes.add(((Message.OpenFiles) message).descriptors().size());
			assertThat(luggage.add((Message.OpenFiles) message)).isTrue();
		});
		assertThat(sizes).containsExactly(32, 32, 6);
		assertThat(luggage.unpack()).isEqualTo(items);
	}

	@Test
	void moreThanAnHonestIncumbentSendsIsRefused() {
		Luggage luggage = new Luggage(1);
		int taken = 0;
		while (taken < 100_000 && luggage.add(part(0, true))) {
			taken++;
		}
		assertThat(taken).isEqualTo(4096);
	}

	@Test
	void whatNobodyWantsIsClosed() {
		List<Integer> closed = new ArrayList<>();
		Luggage luggage = new Luggage(0);
		luggage.add(new Message.OpenFiles(List.of(new Open("grpc", "listener", new Descriptor(7, closed::add)))));
		luggage.discard();
		luggage.discard();
		assertThat(closed).containsExactly(7);
	}

	@Test
	void whatADeadIncumbentHadBegunIsNoPartOfTheNextOnes() {
		Luggage luggage = new Luggage(1);
		luggage.add(part(2, false));
		assertThat(luggage.tooLarge()).hasSize(1);
		luggage.discard();
		luggage.add(part(1, true));
		assertThat(luggage.unpack()).hasSize(1);
		assertThat(luggage.tooLarge()).isEmpty();
	}

	private static Message.StatePart part(int size, boolean last) {
		return new Message.StatePart("cache", "a", ByteBuffer.wrap(new byte[size]), last);
	}

}
