package io.github.gracefulupgrade.wire;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import org.newsclub.net.unix.FileDescriptorCast;

/**
 * An open file whose descriptor travels through sockets, and which is recognised where it
 * arrives.
 */
final class Passenger implements AutoCloseable {

	private final RandomAccessFile file;

	Passenger(Path folder, String name) throws IOException {
		this.file = new RandomAccessFile(folder.resolve("passenger-" + name).toFile(), "rw");
	}

	FileDescriptor descriptor() throws IOException {
		return this.file.getFD();
	}

	FileDescriptor[] times(int count) throws IOException {
		FileDescriptor[] descriptors = new FileDescriptor[count];
		Arrays.fill(descriptors, descriptor());
		return descriptors;
	}

	int number() throws IOException {
		return FileDescriptorCast.using(descriptor()).as(Integer.class);
	}

	/**
	 * Whether a descriptor is for the same file.
	 */
	boolean is(int number) throws IOException {
		return target(number).equals(target(number()));
	}

	private static String target(int number) throws IOException {
		return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
	}

	@Override
	public void close() throws IOException {
		this.file.close();
	}

}
