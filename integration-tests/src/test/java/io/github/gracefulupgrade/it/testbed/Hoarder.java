package io.github.gracefulupgrade.it.testbed;

import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketPair;

/**
 * A process that has many descriptors in flight, which count against its user: sent
 * through a Unix domain socket and not received.
 */
public final class Hoarder {

	private Hoarder() {
	}

	/**
	 * Hold them until a file appears, then end.
	 * @param args how many, and the path of the file
	 * @throws Exception if that cannot be
	 */
	public static void main(String[] args) throws Exception {
		int count = Integer.parseInt(args[0]);
		AFUNIXSocketPair<AFUNIXSocketChannel> pair = AFUNIXSocketPair.open();
		AFUNIXSocketChannel sender = pair.getSocket1();
		for (int sent = 0; sent < count; sent += 32) {
			send(sender, 32);
		}
		System.out.println("In flight");
		while (!Files.exists(Path.of(args[1]))) {
			Thread.sleep(10);
		}
	}

	private static void send(AFUNIXSocketChannel sender, int count) throws IOException {
		FileDescriptor[] descriptors = new FileDescriptor[count];
		Arrays.fill(descriptors, FileDescriptor.in);
		sender.setOutboundFileDescriptors(descriptors);
		sender.write(ByteBuffer.allocate(1));
	}

}
