package io.github.gracefulupgrade.autoconfigure;

import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.UpgradeContributor;
import io.github.gracefulupgrade.handover.Belongings.Item;
import io.github.gracefulupgrade.handover.Belongings.Open;
import io.github.gracefulupgrade.handover.Belongings.State;
import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Journal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Contributions}.
 */
@Timeout(60)
class ContributionsTests {

	private final List<String> warnings = new CopyOnWriteArrayList<>();

	private final Journal journal = new Journal() {

		@Override
		public void info(String line) {
		}

		@Override
		public void warn(String line) {
			ContributionsTests.this.warnings.add(line);
		}

	};

	@Test
	void whatIsContributedIsReceivedByTheContributorOfTheSameName() throws Exception {
		Recorder from = new Recorder("visits") {

			@Override
			public void contribute(Contribution contribution) throws Exception {
				contribution.state("count").write(new byte[] { 4, 2 });
				contribution.descriptor("listener", 1);
			}

		};
		List<Item> items = gather(Duration.ofSeconds(30), from);
		assertThat(items).extracting(Item::contributor).containsOnly("visits");
		Recorder to = new Recorder("visits");
		Recorder other = new Recorder("other");
		deliver(items, to, other);
		assertThat(to.received).containsExactly("count=[4, 2]", "listener=1", "again=empty", "none=empty");
		assertThat(other.received).isEmpty();
		assertThat(this.warnings).isEmpty();
	}

	@Test
	void aContributorThatThrowsIsNamedAndTheOthersContribute() throws Exception {
		Recorder broken = new Recorder("broken") {

			@Override
			public void contribute(Contribution contribution) throws Exception {
				contribution.state("half").write(1);
				throw new IllegalStateException("no cache today");
			}

		};
		assertThat(gather(Duration.ofSeconds(30), broken, good())).extracting(Item::contributor)
			.containsExactly("good");
		assertThat(this.warnings).singleElement().asString().contains("'broken'", "no cache today", "goes on");
	}

	@Test
	void aContributorThatHangsIsNamedInterruptedAndLeftBehind() throws Exception {
		CountDownLatch interrupted = new CountDownLatch(1);
		Recorder hanging = new Recorder("hanging") {

			@Override
			public void contribute(Contribution contribution) throws Exception {
				try {
					new CountDownLatch(1).await();
				}
				catch (InterruptedException ex) {
					interrupted.countDown();
				}
			}

		};
		assertThat(gather(Duration.ofMillis(500), hanging, good())).extracting(Item::contributor)
			.containsExactly("good");
		assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
		assertThat(this.warnings).singleElement().asString().contains("'hanging'", "pingora.state.timeout");
	}

	@Test
	void stateThatExceedsItsBoundIsNamedAndLeftOut() throws Exception {
		Recorder large = new Recorder("large") {

			@Override
			public void contribute(Contribution contribution) throws Exception {
				contribution.state("fits").write(new byte[1024]);
				contribution.state("all").write(new byte[1025]);
			}

		};
		assertThat(gather(Duration.ofSeconds(30), large, good())).extracting(Item::contributor).containsExactly("good");
		assertThat(this.warnings).singleElement().asString().contains("'large'", "'all'", "pingora.state.max-size");
	}

	@Test
	void aContributorThatCannotReceiveIsNamedAndTheOthersReceive() {
		Recorder broken = new Recorder("a") {

			@Override
			public void receive(Inheritance inheritance) {
				throw new IllegalStateException("not mine");
			}

		};
		Recorder fine = new Recorder("b");
		deliver(List.of(new State("a", "count", new byte[0]), new State("b", "count", new byte[] { 1 })), broken, fine);
		assertThat(fine.received).contains("count=[1]");
		assertThat(this.warnings).singleElement().asString().contains("'a'", "not mine");
	}

	@Test
	void aContributorThatHangsWhenItReceivesIsNamedAndTheOthersReceive() {
		Recorder hanging = new Recorder("a") {

			@Override
			public void receive(Inheritance inheritance) throws InterruptedException {
				new CountDownLatch(1).await();
			}

		};
		Recorder fine = new Recorder("b");
		try (Contributions contributions = new Contributions(() -> List.of(hanging, fine), Duration.ofMillis(500),
				DataSize.ofKilobytes(1), this.journal)) {
			contributions
				.receive(List.of(new State("a", "count", new byte[0]), new State("b", "count", new byte[] { 1 })));
			contributions.deliver();
		}
		assertThat(fine.received).contains("count=[1]");
		assertThat(this.warnings).singleElement().asString().contains("'a'", "pingora.state.timeout");
	}

	@Test
	void whatCannotBeSentIsNamedAndTheOthersContribute() throws Exception {
		Recorder closed = new Recorder("closed") {

			@Override
			public void contribute(Contribution contribution) {
				contribution.descriptor("listener", 1_000_000);
			}

		};
		Recorder nameless = new Recorder("x".repeat(256));
		assertThat(gather(Duration.ofSeconds(30), closed, nameless, good())).extracting(Item::contributor)
			.containsExactly("good");
		assertThat(this.warnings).hasSize(2);
		assertThat(this.warnings.get(0)).contains("'closed'", "1000000", "not open");
		assertThat(this.warnings.get(1)).contains("longer than 255 bytes");
	}

	@Test
	void descriptorsThatNobodyTakesAreClosed() {
		List<Integer> closed = new ArrayList<>();
		deliver(List.of(new Open("gone", "listener", new Descriptor(5, closed::add))), new Recorder("visits"));
		assertThat(closed).containsExactly(5);
		Contributions contributions = new Contributions(List::of, Duration.ofSeconds(1), DataSize.ofKilobytes(1),
				this.journal);
		contributions.receive(List.of(new Open("gone", "listener", new Descriptor(6, closed::add))));
		contributions.close();
		assertThat(closed).containsExactly(5, 6);
	}

	private static Recorder good() {
		return new Recorder("good") {

			@Override
			public void contribute(Contribution contribution) throws Exception {
				contribution.state("state").write(1);
			}

		};
	}

	private List<Item> gather(Duration timeout, UpgradeContributor... contributors) throws Exception {
		try (Contributions contributions = new Contributions(() -> List.of(contributors), timeout,
				DataSize.ofKilobytes(1), this.journal)) {
			CompletableFuture<List<Item>> items = new CompletableFuture<>();
			contributions.gather(items::complete);
			return items.get(30, TimeUnit.SECONDS);
		}
	}

	private void deliver(List<Item> items, UpgradeContributor... contributors) {
		try (Contributions contributions = new Contributions(() -> List.of(contributors), Duration.ofSeconds(30),
				DataSize.ofKilobytes(1), this.journal)) {
			contributions.receive(items);
			contributions.deliver();
		}
	}

	private static class Recorder implements UpgradeContributor {

		private final String name;

		private final List<String> received = new ArrayList<>();

		Recorder(String name) {
			this.name = name;
		}

		@Override
		public String getName() {
			return this.name;
		}

		@Override
		public void contribute(Contribution contribution) throws Exception {
		}

		@Override
		public void receive(Inheritance inheritance) throws Exception {
			try (InputStream count = inheritance.state("count").orElseThrow()) {
				this.received.add("count=" + Arrays.toString(count.readAllBytes()));
			}
			inheritance.descriptor("listener").ifPresent((number) -> this.received.add("listener=" + number));
			this.received.add("again=" + (inheritance.descriptor("listener").isEmpty() ? "empty" : "there"));
			this.received.add("none=" + (inheritance.state("none").isEmpty() ? "empty" : "there"));
		}

	}

}
