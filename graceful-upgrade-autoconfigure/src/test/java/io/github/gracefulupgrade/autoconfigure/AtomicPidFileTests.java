package io.github.gracefulupgrade.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.gracefulupgrade.handover.Journal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AtomicPidFile}.
 */
class AtomicPidFileTests {

	private final List<String> warnings = new ArrayList<>();

	private final Journal journal = new Journal() {

		@Override
		public void info(String line) {
		}

		@Override
		public void warn(String line) {
			AtomicPidFileTests.this.warnings.add(line);
		}

	};

	@TempDir
	Path folder;

	@Test
	void isReplacedByTheSuccessorAndRemovedByItsLastOwnerOnly() throws Exception {
		Path path = this.folder.resolve("pid");
		AtomicPidFile first = new AtomicPidFile(path, 1, this.journal);
		AtomicPidFile second = new AtomicPidFile(path, 2, this.journal);
		first.write();
		assertThat(path).hasContent("1");
		second.write();
		assertThat(path).hasContent("2");
		first.remove();
		assertThat(path).hasContent("2");
		second.remove();
		second.remove();
		try (Stream<Path> left = Files.list(this.folder)) {
			assertThat(left).isEmpty();
		}
		assertThat(this.warnings).isEmpty();
	}

	@Test
	void aSymbolicLinkThatSomebodyPutInTheWayIsNotWrittenThrough() throws Exception {
		Path victim = Files.writeString(this.folder.resolve("victim"), "mine");
		Path path = this.folder.resolve("pid");
		Files.createSymbolicLink(this.folder.resolve("pid.1"), victim);
		Files.createSymbolicLink(path, victim);
		new AtomicPidFile(path, 1, this.journal).write();
		assertThat(victim).hasContent("mine");
		assertThat(path).isRegularFile().hasContent("1");
		assertThat(this.warnings).isEmpty();
	}

	@Test
	void aFolderThatIsGoneIsAWarningThatNamesThePath() {
		Path path = this.folder.resolve("gone/pid");
		AtomicPidFile file = new AtomicPidFile(path, 1, this.journal);
		file.write();
		assertThat(this.warnings).singleElement().asString().contains(path.toString());
		file.remove();
	}

	@Test
	void withoutAPathNothingHappens() {
		AtomicPidFile file = new AtomicPidFile(null, 1, this.journal);
		file.write();
		file.remove();
		assertThat(this.warnings).isEmpty();
	}

}
