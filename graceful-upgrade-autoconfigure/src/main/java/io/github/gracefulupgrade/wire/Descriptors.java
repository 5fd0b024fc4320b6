package io.github.gracefulupgrade.wire;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.Collection;

import io.github.gracefulupgrade.handover.Descriptor;
import org.newsclub.net.unix.FileDescriptorCast;

/**
 * What can be done to a bare file descriptor.
 */
public final class Descriptors {

	private Descriptors() {
	}

	/**
	 * A descriptor for the one with the given number that is not closed when it is
	 * garbage.
	 */
	static FileDescriptor of(int number) throws IOException {
		return FileDescriptorCast.unsafeUsing(number).getFileDescriptor();
	}

	/**
	 * Make a duplicate, closed on exec, of a descriptor that somebody else owns.
	 * @param number the descriptor
	 * @return the duplicate, owned by the caller
	 * @throws IllegalStateException if the process has too many descriptors
	 */
	public static Descriptor duplicate(int number) {
		try {
			return new Descriptor(FileDescriptorCast.duplicating(of(number)).as(Integer.class), Descriptors::close);
		}
		catch (IOException ex) {
			throw new IllegalStateException("Descriptor " + number + " cannot be duplicated", ex);
		}
	}

	/**
	 * Own a descriptor that came through a socket: keep a duplicate, which is closed on
	 * exec and does not depend on that socket, and close the one that came.
	 */
	static Descriptor keep(FileDescriptor came) throws IOException {
		try {
			return new Descriptor(FileDescriptorCast.duplicating(came).as(Integer.class), Descriptors::close);
		}
		finally {
			close(came);
		}
	}

	/**
	 * Call {@code close(2)} and nothing else. A {@link FileOutputStream} does just that,
	 * whatever the descriptor is; a socket object would shut down the socket, which
	 * another process may share.
	 */
	static void close(FileDescriptor descriptor) {
		try {
			new FileOutputStream(descriptor).close();
		}
		catch (IOException ex) {
			// It is closed all the same.
		}
	}

	static void close(int number) {
		try {
			close(of(number));
		}
		catch (IOException ex) {
			// Not open.
		}
	}

	static void closeAll(Collection<Descriptor> descriptors) {
		descriptors.forEach(Descriptor::close);
		descriptors.clear();
	}

}
