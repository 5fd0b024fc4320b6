package io.github.gracefulupgrade.handover;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class DescriptorTests {

	private final List<Integer> closed = new ArrayList<>();

	private final Descriptor descriptor = new Descriptor(7, this.closed::add);

	@Test
	void isClosedOnce() {
		this.descriptor.close();
		this.descriptor.close();
		assertThat(this.closed).containsExactly(7);
	}

	@Test
	void isNotClosedOnceItHasAnotherOwner() {
		assertThat(this.descriptor.release()).isEqualTo(7);
		this.descriptor.close();
		assertThat(this.closed).isEmpty();
	}

	@Test
	void hasOneNextOwner() {
		this.descriptor.release();
		assertThatIllegalStateException().isThrownBy(this.descriptor::release).withMessageContaining("7");
	}

	@Test
	void hasNoNextOwnerOnceItIsClosed() {
		this.descriptor.close();
		assertThatIllegalStateException().isThrownBy(this.descriptor::release);
	}

	@Test
	void tellsItsNumberWithoutGivingItAway() {
		assertThat(this.descriptor.number()).isEqualTo(7);
		assertThat(this.descriptor).hasToString("fd 7");
		this.descriptor.close();
		assertThat(this.closed).containsExactly(7);
	}

	@Test
	void borrowedOneStaysOpen() {
		Descriptor borrowed = Descriptor.borrowed(3);
		assertThat(borrowed.number()).isEqualTo(3);
		borrowed.close();
	}

	@Test
	void negativeNumberIsNone() {
		assertThatIllegalArgumentException().isThrownBy(() -> new Descriptor(-1, this.closed::add));
	}

}
