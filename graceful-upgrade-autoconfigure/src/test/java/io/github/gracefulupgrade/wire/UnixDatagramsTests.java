package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.net.DatagramPacket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXDatagramSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link UnixDatagrams}.
 */
class UnixDatagramsTests {

	@TempDir
	Path folder;

	@Test
	void aPathIsReached() throws IOException {
		Path path = this.folder.resolve("notify");
		assertReached(path.toString(), AFUNIXSocketAddress.of(path));
	}

	@Test
	void anAbstractNameIsReached() throws IOException {
		String name = "graceful-upgrade-test/" + ProcessHandle.current().pid();
		assertReached("@" + name, AFUNIXSocketAddress.inAbstractNamespace(name));
	}

	@Test
	void anAddressWhereNobodyListensIsAnErrorAndLeavesNoDescriptor() {
		Map<String, String> open = OpenDescriptors.list();
		for (String address : new String[] { this.folder.resolve("none").toString(), "@graceful-upgrade-test/none",
				"relative", "@", "", "vsock:2:1234", "/" + "x".repeat(200), this.folder.toString() }) {
			assertThatIOException().as(address).isThrownBy(() -> UnixDatagrams.send(address, "READY=1"));
		}
		assertThat(OpenDescriptors.list()).isEqualTo(open);
	}

	private static void assertReached(String address, AFUNIXSocketAddress bound) throws IOException {
		try (AFUNIXDatagramSocket receiver = AFUNIXDatagramSocket.newInstance()) {
			receiver.bind(bound);
			receiver.setSoTimeout(10_000);
			UnixDatagrams.send(address, "READY=1\nSTATUS=Läuft");
			DatagramPacket packet = new DatagramPacket(new byte[100], 100);
			receiver.receive(packet);
			assertThat(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8))
				.isEqualTo("READY=1\nSTATUS=Läuft");
		}
	}

}
