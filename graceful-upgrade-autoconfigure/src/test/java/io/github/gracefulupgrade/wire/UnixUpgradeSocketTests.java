package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Peer;
import io.github.gracefulupgrade.handover.UpgradeSocketException;
import io.github.gracefulupgrade.handover.UpgradeSocketException.Problem;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketChannel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests for {@link UnixUpgradeSocket} and the path that it stands at.
 */
@Timeout(120)
class UnixUpgradeSocketTests {

	@TempDir
	Path folder;

	private Path path;

	private final RecordedEvents events = new RecordedEvents();

	private final List<UnixUpgradeSocket> sockets = new ArrayList<>();

	@BeforeAll
	static void warmUp(@TempDir Path folder) throws IOException {
		// junixsocket keeps some descriptors of its own once it is loaded.
		try (UnixUpgradeSocket socket = new UnixUpgradeSocket(folder.resolve("s"), new RecordedEvents())) {
			socket.publish();
			socket.connect();
		}
	}

	@BeforeEach
	void paths() {
		this.path = this.folder.resolve("up.sock");
	}

	@AfterEach
	void close() {
		this.sockets.forEach(UnixUpgradeSocket::close);
	}

	@Test
	void aPublishedSocketAnswersAndIsTheUsersAlone() throws Exception {
		UnixUpgradeSocket socket = socket();
		assertThat(socket.answers()).isFalse();
		socket.check();
		assertThat(entries()).isEmpty();
		socket.publish();
		assertThat(socket.answers()).isTrue();
		assertThat(mode(this.path)).isEqualTo("rw-------");
		assertThat(entries()).containsExactly("up.sock");
	}

	@Test
	void publishingAgainChangesNothingWhileTheSocketStandsAndRepairsThePathWhenItDoesNot() throws Exception {
		UnixUpgradeSocket socket = socket();
		socket.publish();
		Object key = Files.readAttributes(this.path, BasicFileAttributes.class).fileKey();
		socket.publish();
		assertThat(Files.readAttributes(this.path, BasicFileAttributes.class).fileKey()).isEqualTo(key);
		Files.delete(this.path);
		socket.publish();
		assertThat(socket.answers()).isTrue();
	}

	@Test
	void whatIsPreparedIsNotSeenAndThenPublished() throws Exception {
		UnixUpgradeSocket socket = socket();
		socket.prepareToPublish();
		assertThat(socket.answers()).isFalse();
		assertThat(Files.exists(this.path)).isFalse();
		socket.publish();
		assertThat(socket.answers()).isTrue();
		assertThat(entries()).containsExactly("up.sock");
	}

	@Test
	void whatIsPreparedLeavesNothingBehindIfItIsNotPublished() throws Exception {
		UnixUpgradeSocket socket = socket();
		socket.publish();
		socket.retire();
		OpenDescriptors descriptors = new OpenDescriptors();
		for (int i = 0; i < 10; i++) {
			socket.prepareToPublish();
			socket.retire();
		}
		socket.prepareToPublish();
		socket.close();
		assertThat(entries()).isEmpty();
		descriptors.assertNoneLeft();
	}

	@Test
	void publishesAlthoughWhatWasPreparedIsGone() throws Exception {
		UnixUpgradeSocket socket = socket();
		socket.prepareToPublish();
		try (Stream<Path> prepared = Files.list(this.folder)) {
			for (Path folder : prepared.toList()) {
				Files.delete(folder.resolve("s"));
				Files.delete(folder);
			}
		}
		socket.publish();
		assertThat(socket.answers()).isTrue();
		assertThat(entries()).containsExactly("up.sock");
	}

	@Test
	void aSuccessorsSocketAtThePathIsSeenByTheOneThatItReplaced() throws Exception {
		UnixUpgradeSocket first = socket();
		assertThat(first.replaced()).isFalse();
		first.publish();
		assertThat(first.replaced()).isFalse();
		UnixUpgradeSocket second = socket();
		second.publish();
		assertThat(first.replaced()).isTrue();
		assertThat(second.replaced()).isFalse();
		second.retire();
		assertThat(first.replaced()).isFalse();
	}

	@Test
	void nobodyEverSeesThePathWithAnotherModeOrWithoutASocketThatAnswers() throws Exception {
		UnixUpgradeSocket first = socket();
		first.publish();
		Set<String> seen = new ConcurrentSkipListSet<>();
		AtomicBoolean done = new AtomicBoolean();
		Thread observer = new Thread(() -> {
			UnixUpgradeSocket eye = socket();
			while (!done.get()) {
				try {
					seen.add(mode(this.path));
					seen.add("answers " + eye.answers());
				}
				catch (IOException ex) {
					seen.add(ex.toString());
				}
			}
		});
		observer.start();
		UnixUpgradeSocket current = first;
		for (int generation = 0; generation < 100; generation++) {
			UnixUpgradeSocket next = socket();
			next.publish();
			current.retire();
			current = next;
		}
		done.set(true);
		observer.join();
		assertThat(seen).containsExactlyInAnyOrder("rw-------", "answers true");
	}

	@Test
	void theFirstOneIsNeverSeenWithAnotherModeEither() throws Exception {
		UnixUpgradeSocket socket = socket();
		Set<String> seen = new ConcurrentSkipListSet<>();
		AtomicBoolean done = new AtomicBoolean();
		Thread observer = new Thread(() -> {
			while (!done.get()) {
				try {
					seen.add(mode(this.path));
				}
				catch (IOException ex) {
					// Not there yet, or not any more.
				}
			}
		});
		observer.start();
		for (int round = 0; round < 100; round++) {
			socket.publish();
			socket.retire();
		}
		done.set(true);
		observer.join();
		assertThat(seen).isSubsetOf("rw-------");
	}

	@Test
	void aSocketThatADeadProcessLeftIsReplaced() throws Exception {
		leaveStaleSocket();
		UnixUpgradeSocket socket = socket();
		socket.check();
		assertThat(socket.answers()).isFalse();
		socket.publish();
		assertThat(socket.answers()).isTrue();
		assertThat(entries()).containsExactly("up.sock");
	}

	@Test
	void aFileIsLeftAlone() throws Exception {
		Files.writeString(this.path, "precious");
		assertLeftAlone();
		assertThat(this.path).hasContent("precious");
	}

	@Test
	void aFolderIsLeftAlone() throws Exception {
		Files.createDirectory(this.path);
		assertLeftAlone();
		assertThat(this.path).isDirectory();
	}

	@Test
	void aSymbolicLinkIsLeftAloneEvenToASocket() throws Exception {
		UnixUpgradeSocket other = socket(this.folder.resolve("other.sock"));
		other.publish();
		Files.createSymbolicLink(this.path, this.folder.resolve("other.sock"));
		assertLeftAlone();
		assertThat(this.path).isSymbolicLink();
		assertThat(other.answers()).isTrue();
	}

	@Test
	void aDanglingSymbolicLinkIsLeftAlone() throws Exception {
		Files.createSymbolicLink(this.path, this.folder.resolve("nothing"));
		assertLeftAlone();
		assertThat(this.path).isSymbolicLink();
		assertThat(this.folder.resolve("nothing")).doesNotExist();
	}

	private void assertLeftAlone() throws Exception {
		List<String> before = entries();
		OpenDescriptors descriptors = new OpenDescriptors();
		UnixUpgradeSocket socket = socket();
		assertProblem(Problem.UNUSABLE, "is no socket, and is left alone", socket::check);
		assertProblem(Problem.UNUSABLE, "is no socket, and is left alone", socket::publish);
		assertProblem(Problem.UNUSABLE, "is no socket, and is left alone", socket::connect);
		assertThat(socket.answers()).isFalse();
		socket.retire();
		descriptors.assertNoneLeft();
		assertThat(entries()).isEqualTo(before);
	}

	@Test
	void theLongestPathsWorkAndLongerOnesAreRefused() throws Exception {
		int room = 107 - this.folder.toString().length() - 1;
		UnixUpgradeSocket longest = socket(this.folder.resolve("x".repeat(room)));
		longest.publish();
		assertThat(longest.answers()).isTrue();
		assertThat(longest.connect()).isNotNull();
		UnixUpgradeSocket longer = socket(this.folder.resolve("x".repeat(room + 1)));
		assertProblem(Problem.UNUSABLE, "too long: it has 108 bytes", longer::check);
		assertProblem(Problem.UNUSABLE, "too long: it has 108 bytes", longer::publish);
	}

	@Test
	void theTemporarySocketHasToFitAsWell() throws Exception {
		// The temporary name has nine characters: what is left of 107 for the folder is
		// 97.
		Path deep = this.folder.resolve("d".repeat(97 - this.folder.toString().length() - 1));
		Files.createDirectory(deep);
		UnixUpgradeSocket longest = socket(deep.resolve("s"));
		longest.publish();
		assertThat(longest.answers()).isTrue();
		Path deeper = this.folder.resolve("d".repeat(98 - this.folder.toString().length() - 1));
		Files.createDirectory(deeper);
		assertProblem(Problem.UNUSABLE, "it has 100 bytes, and a temporary socket beside it 108, of 107",
				socket(deeper.resolve("s"))::check);
	}

	@Test
	void thePathIsMadeAbsolute() {
		UnixUpgradeSocket socket = socket(Path.of("target/../up.sock"));
		assertThat(socket.getPath()).isEqualTo(Path.of("up.sock").toAbsolutePath());
	}

	@Test
	void aMissingFolderIsNamed() {
		UnixUpgradeSocket socket = socket(this.folder.resolve("missing").resolve("up.sock"));
		assertProblem(Problem.UNUSABLE, "in a folder that does not exist", socket::check);
		assertProblem(Problem.UNUSABLE, "in a folder that does not exist", socket::publish);
		assertProblem(Problem.NOBODY, "does not exist", socket::connect);
		assertThat(socket.answers()).isFalse();
	}

	@Test
	void aFolderThatIsNoneIsNamed() throws Exception {
		Path file = Files.createFile(this.folder.resolve("file"));
		assertProblem(Problem.UNUSABLE, "in something that is no folder", socket(file.resolve("up.sock"))::check);
		assertProblem(Problem.UNUSABLE, "is the root folder", socket(Path.of("/"))::check);
	}

	@Test
	void aFolderThatOthersCanWriteToIsRefused() throws Exception {
		UnixUpgradeSocket socket = socket();
		for (String mode : List.of("rwxrwxrwx", "rwxrwxr-x", "rwxr-xrwx")) {
			Files.setPosixFilePermissions(this.folder, PosixFilePermissions.fromString(mode));
			assertProblem(Problem.UNUSABLE, "others can write to", socket::check);
			assertProblem(Problem.UNUSABLE, "others can write to", socket::publish);
		}
		assertThat(entries()).isEmpty();
	}

	@Test
	void aFolderThatOthersCanWriteToWorksIfItIsSticky() throws Exception {
		UnixUpgradeSocket socket = socket();
		assertThat(socket.sharedFolder()).isFalse();
		Files.setAttribute(this.folder, "unix:mode", 01777);
		socket.publish();
		assertThat(socket.answers()).isTrue();
		assertThat(socket.sharedFolder()).isTrue();
	}

	@Test
	void aFolderOfAnotherUserIsRefused() throws Exception {
		assumeRoot();
		Files.setAttribute(this.folder, "unix:uid", ChildJvm.NOBODY);
		assertProblem(Problem.UNUSABLE, "belongs to another user (uid 65534)", socket()::check);
	}

	@Test
	void aSocketOfAnotherUserIsNotReplaced() throws Exception {
		assumeRoot();
		leaveStaleSocket();
		Files.setAttribute(this.path, "unix:uid", ChildJvm.NOBODY);
		assertProblem(Problem.FOREIGN, "uid 65534", socket()::check);
		assertProblem(Problem.FOREIGN, "uid 65534", socket()::publish);
		assertThat(this.path).exists();
	}

	@Test
	void aFolderThatIsNotWritableIsNamed() throws Exception {
		Path own = Files.createDirectory(this.folder.resolve("own"));
		readable(this.folder, own);
		try (ChildJvm child = ChildJvm.startAsNobody(this.folder, List.of(), "check",
				own.resolve("up.sock").toString())) {
			assertThat(child.line()).startsWith("UNUSABLE").contains("in a folder that this process may not write to");
		}
	}

	@Test
	void nothingAnswersWhereNobodyListens() throws Exception {
		UnixUpgradeSocket socket = socket();
		assertProblem(Problem.NOBODY, "does not exist", socket::connect);
		leaveStaleSocket();
		assertProblem(Problem.NOBODY, "left behind", socket::connect);
		assertThat(socket.answers()).isFalse();
	}

	@Test
	void anInterruptDoesNotHinderAConnection() throws Exception {
		UnixUpgradeSocket socket = socket();
		Thread.currentThread().interrupt();
		socket.publish();
		assertThat(socket.answers()).isTrue();
		Peer peer = socket.connect();
		peer.send(new Message.Waiting());
		assertThat(Thread.interrupted()).isTrue();
		this.events.awaitReceived(Message.Waiting.class);
		Thread.currentThread().interrupt();
		socket.retire();
		peer.send(new Message.Goodbye());
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.path).doesNotExist();
		this.events.awaitReceived(Message.Goodbye.class);
	}

	@Test
	void interruptsAtAnyMomentDoNotMakeAProcessUnreachable() throws Exception {
		socket().publish();
		Thread asking = Thread.currentThread();
		AtomicBoolean done = new AtomicBoolean();
		Thread interrupter = new Thread(() -> {
			while (!done.get()) {
				asking.interrupt();
				Thread.onSpinWait();
			}
		});
		interrupter.start();
		UnixUpgradeSocket other = socket(this.path, new RecordedEvents());
		List<Boolean> answers = new ArrayList<>();
		for (int i = 0; i < 500; i++) {
			answers.add(other.answers());
		}
		done.set(true);
		while (interrupter.isAlive()) {
			Thread.onSpinWait();
		}
		Thread.interrupted();
		assertThat(answers).containsOnly(true);
	}

	@Test
	void aProcessThatDoesNotAcceptAnswersButHoldsNobodyUp() throws Exception {
		List<AFUNIXSocketChannel> waiting = new ArrayList<>();
		try (AFUNIXServerSocket stopped = AFUNIXServerSocket.newInstance()) {
			stopped.bind(AFUNIXSocketAddress.of(this.path), 1);
			boolean room = true;
			while (room) {
				AFUNIXSocketChannel channel = AFUNIXSocketChannel.open();
				waiting.add(channel);
				channel.configureBlocking(false);
				room = channel.connect(AFUNIXSocketAddress.of(this.path));
			}
			UnixUpgradeSocket socket = socket();
			assertThat(socket.answers()).isTrue();
			assertProblem(Problem.NOBODY, "does not accept connections at the moment", socket::connect);
		}
		finally {
			for (AFUNIXSocketChannel channel : waiting) {
				channel.close();
			}
		}
	}

	@Test
	void retiringRemovesThePathAndPublishingAgainWorks() throws Exception {
		UnixUpgradeSocket socket = socket();
		socket.retire();
		for (int round = 0; round < 3; round++) {
			socket.publish();
			assertThat(socket.answers()).isTrue();
			socket.retire();
			assertThat(entries()).isEmpty();
			assertThat(socket.answers()).isFalse();
			socket.retire();
		}
	}

	@Test
	void retiringLeavesTheSocketOfASuccessorAlone() throws Exception {
		UnixUpgradeSocket incumbent = socket();
		incumbent.publish();
		UnixUpgradeSocket successor = socket();
		successor.publish();
		incumbent.retire();
		assertThat(successor.answers()).isTrue();
		assertThat(entries()).containsExactly("up.sock");
	}

	@Test
	void retiringLeavesWhateverElseStandsThereAlone() throws Exception {
		UnixUpgradeSocket socket = socket();
		socket.publish();
		Files.delete(this.path);
		Files.writeString(this.path, "precious");
		socket.retire();
		assertThat(this.path).hasContent("precious");
	}

	@Test
	void retiringIsDoneWithoutThePath() throws Exception {
		UnixUpgradeSocket socket = socket();
		socket.publish();
		Files.delete(this.path);
		socket.retire();
		socket.publish();
		assertThat(socket.answers()).isTrue();
	}

	@Test
	void connectionsOutliveTheSocketThatTheyCameThrough() throws Exception {
		UnixUpgradeSocket socket = socket();
		socket.publish();
		RecordedEvents client = new RecordedEvents();
		Peer there = socket(this.path, client).connect();
		Peer here = this.events.awaitConnected();
		socket.retire();
		there.send(new Message.Waiting());
		this.events.awaitReceived(Message.Waiting.class);
		here.send(new Message.Commit());
		client.awaitReceived(Message.Commit.class);
		assertThat(this.events.disconnected).isEmpty();
	}

	@Test
	void closingClosesAllThereIs() throws Exception {
		OpenDescriptors descriptors = new OpenDescriptors();
		UnixUpgradeSocket socket = socket();
		socket.publish();
		RecordedEvents client = new RecordedEvents();
		UnixUpgradeSocket other = socket(this.path, client);
		other.connect();
		other.connect();
		this.events.awaitConnected();
		this.events.awaitConnected();
		socket.close();
		assertThat(this.events.awaitDisconnected()).isEqualTo("this process closed the connection");
		assertThat(this.events.awaitDisconnected()).isEqualTo("this process closed the connection");
		assertThat(client.awaitDisconnected()).isEqualTo("the peer closed the connection");
		assertThat(client.awaitDisconnected()).isEqualTo("the peer closed the connection");
		descriptors.assertNoneLeft();
		assertThat(entries()).isEmpty();
		assertThatIllegalStateException().isThrownBy(socket::publish);
	}

	@Test
	void noDescriptorStaysOpenWhateverHappens() throws Exception {
		OpenDescriptors descriptors = new OpenDescriptors();
		for (int round = 0; round < 20; round++) {
			UnixUpgradeSocket socket = socket();
			assertThat(socket.answers()).isFalse();
			assertProblem(Problem.NOBODY, "does not exist", socket::connect);
			socket.publish();
			assertThat(socket.answers()).isTrue();
			socket.retire();
			leaveStaleSocket();
			assertThat(socket.answers()).isFalse();
			assertProblem(Problem.NOBODY, "left behind", socket::connect);
			Files.delete(this.path);
			Files.createFile(this.path);
			assertProblem(Problem.UNUSABLE, "is no socket", socket::publish);
			assertProblem(Problem.UNUSABLE, "is no socket", socket::connect);
			Files.delete(this.path);
		}
		descriptors.assertNoneLeft();
	}

	@Test
	void aFloodOfConnectionsIsTurnedAwayAndTheNextIsWelcome() throws Exception {
		OpenDescriptors descriptors = new OpenDescriptors();
		WireSettings settings = new WireSettings(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(60),
				4);
		UnixUpgradeSocket socket = new UnixUpgradeSocket(this.path, this.events, settings);
		this.sockets.add(socket);
		socket.publish();
		List<AFUNIXSocket> flood = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			flood.add(AFUNIXSocket.connectTo(AFUNIXSocketAddress.of(this.path)));
		}
		for (AFUNIXSocket each : flood.subList(4, 100)) {
			assertThat(each.getInputStream().read()).isEqualTo(-1);
		}
		assertThat(this.events.connected).hasSize(4);
		for (AFUNIXSocket each : flood) {
			each.close();
		}
		for (int i = 0; i < 4; i++) {
			assertThat(this.events.awaitDisconnected()).isEqualTo("the peer closed the connection");
		}
		this.events.connected.clear();
		socket.connect().send(new Message.Waiting());
		this.events.awaitConnected();
		this.events.awaitReceived(Message.Waiting.class);
		socket.close();
		descriptors.assertNoneLeft();
	}

	@Test
	void anotherUserCannotEvenConnect() throws Exception {
		UnixUpgradeSocket socket = socket();
		readable(this.folder);
		socket.publish();
		try (ChildJvm child = ChildJvm.startAsNobody(this.folder, List.of(), "connect", this.path.toString())) {
			assertThat(child.line()).startsWith("FOREIGN").contains("uid 0");
		}
		assertThat(this.events.log).isEmpty();
	}

	@Test
	void anotherUserWhoGetsThroughIsRefusedWithAReason() throws Exception {
		OpenDescriptors descriptors = new OpenDescriptors();
		UnixUpgradeSocket socket = socket();
		readable(this.folder);
		socket.publish();
		Files.setPosixFilePermissions(this.path, PosixFilePermissions.fromString("rw-rw-rw-"));
		try (ChildJvm child = ChildJvm.startAsNobody(this.folder, List.of(), "connect", this.path.toString())) {
			assertThat(child.line()).isEqualTo("ok");
			assertThat(child.line()).isEqualTo("FOREIGN: this process runs as uid 0, yours as uid 65534");
			assertThat(child.line()).startsWith("disconnected: ");
		}
		assertThat(this.events.log).isEmpty();
		socket.close();
		descriptors.assertNoneLeft();
	}

	@Test
	void aSocketOfAnotherUserIsNotTalkedTo() throws Exception {
		Path theirs = Files.createDirectory(this.folder.resolve("theirs"));
		readable(this.folder);
		assumeRoot();
		Files.setAttribute(theirs, "unix:uid", ChildJvm.NOBODY);
		Path path = theirs.resolve("up.sock");
		try (ChildJvm child = ChildJvm.startAsNobody(this.folder, List.of(), "publish", path.toString())) {
			assertThat(child.line()).isEqualTo("ok");
			OpenDescriptors descriptors = new OpenDescriptors();
			UnixUpgradeSocket socket = socket(path);
			assertProblem(Problem.FOREIGN, "uid 65534", socket::connect);
			descriptors.assertNoneLeft();
			// Root, on the other hand, may talk to everybody.
			try (AFUNIXSocket root = AFUNIXSocket.connectTo(AFUNIXSocketAddress.of(path))) {
				root.getOutputStream().write(FrameCodec.encode(new Message.Waiting()));
				assertThat(child.line()).isEqualTo("WAITING");
			}
		}
	}

	@Test
	void theOtherProcessMayBeAChildOrAnyOtherOfTheSameUser() throws Exception {
		UnixUpgradeSocket socket = socket();
		socket.publish();
		try (ChildJvm child = ChildJvm.start("connect", this.path.toString())) {
			assertThat(child.line()).isEqualTo("ok");
			assertThat(this.events.awaitReceived()).isEqualTo(new Message.Hello(1, child.pid(), "child"));
			child.kill();
			assertThat(this.events.awaitDisconnected()).isEqualTo("the peer closed the connection");
		}
	}

	@Test
	void theSocketOfAProcessThatWasKilledIsReplaced() throws Exception {
		UnixUpgradeSocket socket = socket();
		try (ChildJvm child = ChildJvm.start("publish", this.path.toString())) {
			assertThat(child.line()).isEqualTo("ok");
			assertThat(socket.answers()).isTrue();
			child.kill();
		}
		assertThat(this.path).exists();
		assertThat(socket.answers()).isFalse();
		socket.publish();
		assertThat(socket.answers()).isTrue();
	}

	private void assertProblem(Problem problem, String complaint, ThrowingCallable call) {
		assertThatExceptionOfType(UpgradeSocketException.class).isThrownBy(call)
			.withMessageContaining(complaint)
			.satisfies((ex) -> {
				assertThat(ex.getMessage()).contains("The upgrade socket '/");
				assertThat(ex.getProblem()).isEqualTo(problem);
				assertThat(ex.getAction()).isNotBlank();
			});
	}

	private UnixUpgradeSocket socket() {
		return socket(this.path);
	}

	private UnixUpgradeSocket socket(Path path) {
		return socket(path, this.events);
	}

	private synchronized UnixUpgradeSocket socket(Path path, RecordedEvents events) {
		UnixUpgradeSocket socket = new UnixUpgradeSocket(path, events);
		this.sockets.add(socket);
		return socket;
	}

	private void leaveStaleSocket() throws IOException {
		try (AFUNIXServerSocket dead = AFUNIXServerSocket.newInstance()) {
			dead.setDeleteOnClose(false);
			dead.bind(AFUNIXSocketAddress.of(this.path));
		}
	}

	private List<String> entries() throws IOException {
		try (Stream<Path> entries = Files.list(this.folder)) {
			return entries.map((entry) -> entry.getFileName().toString()).sorted().toList();
		}
	}

	private static String mode(Path path) throws IOException {
		return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
	}

	private static void readable(Path... folders) throws IOException {
		for (Path folder : folders) {
			Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
		}
	}

	private static void assumeRoot() {
		assumeThat(System.getProperty("user.name")).as("only root can give files away").isEqualTo("root");
	}

}
