package io.github.gracefulupgrade.wire;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * Writes the frames of a connection, with the descriptors that travel with them, whatever
 * the kernel thinks of their number and whoever interrupts the thread. For one thread at
 * a time; the connection's lock for sending sees to it.
 */
final class FrameWriter {

	/**
	 * How long to wait before descriptors are sent again when the kernel says that too
	 * many of this user's are in flight.
	 */
	private static final Duration BACK_OFF = Duration.ofMillis(20);

	private final AFUNIXSocket socket;

	private final CountDownLatch down;

	/**
	 * Create a writer.
	 * @param socket where to write; the caller's
	 * @param down open when the connection ends, and there is nothing to wait for
	 */
	FrameWriter(AFUNIXSocket socket, CountDownLatch down) {
		this.socket = socket;
		this.down = down;
	}

	/**
	 * Write a message that fits into a frame.
	 * @return whether the thread was interrupted meanwhile
	 * @throws IllegalArgumentException if it has something that no frame holds
	 */
	boolean write(Message message) throws IOException {
		byte[] frame = FrameCodec.encode(message);
		List<Descriptor> descriptors = FrameCodec.descriptors(message);
		FileDescriptor[] travelling = new FileDescriptor[descriptors.size()];
		for (int i = 0; i < travelling.length; i++) {
			travelling[i] = Descriptors.of(descriptors.get(i).number());
		}
		OutputStream out = this.socket.getOutputStream();
		boolean interrupted = false;
		int written = 0;
		while (written < frame.length) {
			if (written == 0) {
				// Each write forgets them, also one that fails.
				this.socket.setOutboundFileDescriptors(travelling);
			}
			try {
				out.write(frame, written, frame.length - written);
				written = frame.length;
			}
			catch (SocketTimeoutException ex) {
				throw ex;
			}
			catch (InterruptedIOException ex) {
				interrupted |= Thread.interrupted();
				written += ex.bytesTransferred;
			}
			catch (SocketException ex) {
				if (written > 0 || travelling.length == 0 || !mayBeTooManyInFlight(ex)) {
					throw ex;
				}
				interrupted |= backOff(ex);
			}
		}
		return interrupted;
	}

	/**
	 * Whether this may be ETOOMANYREFS, which junixsocket has no type for. Its text
	 * depends on the locale, so this is any failure of no type of its own. If it is
	 * another one, it is just as lasting at the deadline.
	 */
	private boolean mayBeTooManyInFlight(SocketException ex) {
		return ex.getClass() == SocketException.class;
	}

	private boolean backOff(SocketException ex) throws SocketException {
		try {
			if (this.down.await(BACK_OFF.toMillis(), TimeUnit.MILLISECONDS)) {
				throw ex;
			}
			return false;
		}
		catch (InterruptedException interrupt) {
			return true;
		}
	}

}
