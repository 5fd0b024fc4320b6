package io.github.gracefulupgrade.wire;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

import io.github.gracefulupgrade.handover.UpgradeSocketException;
import io.github.gracefulupgrade.handover.UpgradeSocketException.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link FileOwnershipLock}.
 */
@Timeout(120)
class FileOwnershipLockTests {

	@TempDir
	Path folder;

	private Path socket;

	private Path file;

	@BeforeEach
	void paths() {
		this.socket = this.folder.resolve("up.sock");
		this.file = this.folder.resolve("up.sock.lock");
	}

	@Test
	void oneProcessHoldsItAtATime() throws Exception {
		try (FileOwnershipLock lock = new FileOwnershipLock(this.socket)) {
			assertThat(lock.tryAcquire()).isTrue();
			assertThat(lock.tryAcquire()).isTrue();
			try (ChildJvm child = ChildJvm.start("lock", this.socket.toString())) {
				assertThat(child.line()).isEqualTo("busy");
				lock.release();
				child.tell("take");
				assertThat(child.line()).isEqualTo("held");
				assertThat(lock.tryAcquire()).isFalse();
				assertThat(lock.holder()).hasValue(child.pid());
				child.tell("release");
				assertThat(child.line()).isEqualTo("released");
				assertThat(lock.tryAcquire()).isTrue();
				assertThat(lock.holder()).hasValue(ProcessHandle.current().pid());
				child.tell("take");
				assertThat(child.line()).isEqualTo("busy");
			}
		}
	}

	@Test
	void theKernelTakesItBackFromAProcessThatIsKilled() throws Exception {
		try (FileOwnershipLock lock = new FileOwnershipLock(this.socket);
				ChildJvm child = ChildJvm.start("lock", this.socket.toString())) {
			assertThat(child.line()).isEqualTo("held");
			assertThat(lock.tryAcquire()).isFalse();
			child.kill();
			assertThat(lock.tryAcquire()).isTrue();
		}
	}

	@Test
	void lookingAtItOrHavingAnotherObjectForItDoesNotLoseIt() throws Exception {
		Path alias = Files.createSymbolicLink(this.folder.resolve("alias"), this.folder).resolve("up.sock");
		try (FileOwnershipLock lock = new FileOwnershipLock(this.socket)) {
			assertThat(lock.tryAcquire()).isTrue();
			for (Path path : new Path[] { this.socket, alias }) {
				try (FileOwnershipLock other = new FileOwnershipLock(path)) {
					assertThat(other.tryAcquire()).isFalse();
					assertThat(other.holder()).hasValue(ProcessHandle.current().pid());
					other.release();
				}
			}
			assertThat(lock.holder()).hasValue(ProcessHandle.current().pid());
			try (ChildJvm child = ChildJvm.start("lock", this.socket.toString())) {
				assertThat(child.line()).isEqualTo("busy");
			}
		}
	}

	@Test
	void whatOneObjectGivesBackAnotherCanTake() {
		try (FileOwnershipLock one = new FileOwnershipLock(this.socket);
				FileOwnershipLock other = new FileOwnershipLock(this.socket)) {
			assertThat(one.tryAcquire()).isTrue();
			assertThat(other.tryAcquire()).isFalse();
			one.release();
			assertThat(other.tryAcquire()).isTrue();
			assertThat(one.tryAcquire()).isFalse();
			other.close();
			assertThat(one.tryAcquire()).isTrue();
		}
	}

	@Test
	void aLockThatSomethingElseInThisProcessHoldsIsHeld() throws Exception {
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
				FileOwnershipLock lock = new FileOwnershipLock(this.socket)) {
			channel.lock();
			assertThat(lock.tryAcquire()).isFalse();
		}
	}

	@Test
	void anInterruptDoesNotLoseIt() throws Exception {
		try (FileOwnershipLock lock = new FileOwnershipLock(this.socket)) {
			Thread.currentThread().interrupt();
			assertThat(lock.tryAcquire()).isTrue();
			lock.holder();
			assertThat(Thread.interrupted()).isTrue();
			try (ChildJvm child = ChildJvm.start("lock", this.socket.toString())) {
				assertThat(child.line()).isEqualTo("busy");
			}
		}
	}

	@Test
	void theFileIsOursAloneAndStays() throws Exception {
		try (FileOwnershipLock lock = new FileOwnershipLock(this.socket)) {
			assertThat(lock.holder()).isEmpty();
			assertThat(this.file).doesNotExist();
			assertThat(lock.tryAcquire()).isTrue();
			assertThat(Files.getPosixFilePermissions(this.file))
				.isEqualTo(PosixFilePermissions.fromString("rw-------"));
			assertThat(Files.readString(this.file).strip()).isEqualTo(Long.toString(ProcessHandle.current().pid()));
		}
		assertThat(this.file).exists();
	}

	@Test
	void whatIsInTheFileIsReplaced() throws Exception {
		Files.writeString(this.file, "not a process id, and far longer than one is");
		try (FileOwnershipLock lock = new FileOwnershipLock(this.socket)) {
			assertThat(lock.holder()).isEmpty();
			assertThat(lock.tryAcquire()).isTrue();
		}
		assertThat(Files.readString(this.file).strip()).isEqualTo(Long.toString(ProcessHandle.current().pid()));
	}

	@Test
	void aFileThatWasRemovedIsNotLockedAnyMore() throws Exception {
		try (FileOwnershipLock lock = new FileOwnershipLock(this.socket)) {
			assertThat(lock.tryAcquire()).isTrue();
			lock.release();
			Files.delete(this.file);
			try (ChildJvm child = ChildJvm.start("lock", this.socket.toString())) {
				assertThat(child.line()).isEqualTo("held");
				assertThat(lock.tryAcquire()).isFalse();
			}
		}
	}

	@Test
	void noDescriptorStaysOpen() throws Exception {
		OpenDescriptors descriptors = new OpenDescriptors();
		for (int i = 0; i < 10; i++) {
			try (FileOwnershipLock lock = new FileOwnershipLock(this.socket);
					FileOwnershipLock other = new FileOwnershipLock(this.socket)) {
				assertThat(lock.tryAcquire()).isTrue();
				assertThat(other.tryAcquire()).isFalse();
			}
		}
		descriptors.assertNoneLeft();
	}

	@Test
	void aSymbolicLinkIsNotFollowed() throws Exception {
		Path target = this.folder.resolve("target");
		Files.createSymbolicLink(this.file, target);
		assertUnusable(this.socket, "is no regular file");
		assertThat(target).doesNotExist();
		Files.createFile(target);
		assertUnusable(this.socket, "is no regular file");
	}

	@Test
	void aFolderInItsPlaceIsUnusable() throws Exception {
		Files.createDirectory(this.file);
		assertUnusable(this.socket, "is no regular file");
	}

	@Test
	void aMissingFolderIsUnusable() {
		assertUnusable(this.folder.resolve("missing").resolve("up.sock"), "missing");
	}

	private void assertUnusable(Path socket, String complaint) {
		try (FileOwnershipLock lock = new FileOwnershipLock(socket)) {
			assertThatExceptionOfType(UpgradeSocketException.class).isThrownBy(lock::tryAcquire)
				.withMessageContaining(socket + ".lock")
				.withMessageContaining(complaint)
				.satisfies((ex) -> {
					assertThat(ex.getProblem()).isEqualTo(Problem.UNUSABLE);
					assertThat(ex.getAction()).isNotBlank();
				});
		}
	}

}
