package io.github.gracefulupgrade.wire;

import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;
import io.github.gracefulupgrade.handover.Peer;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.ConnectionResetSocketException;
import org.newsclub.net.unix.FileDescriptorCast;

/**
 * A connection over a Unix domain socket. A thread of its own reads; the control thread
 * writes. Whoever wants the connection to end shuts the socket down, which wakes both;
 * the reader then closes the descriptors, alone, so that no thread ever uses a number
 * that has come to mean another file.
 */
final class UnixPeer implements Peer {

	/**
	 * To read from. Closed by the reader.
	 */
	private final AFUNIXSocket socket;

	private final FrameReader reader;

	/**
	 * A duplicate to write to. When the peer has closed its end, junixsocket closes the
	 * object that it wrote to, and what the peer had sent before would be lost with it.
	 * Used under {@link #sending}, closed by the reader under the same lock.
	 */
	private final AFUNIXSocket duplicate;

	/**
	 * Guarded by {@link #sending}.
	 */
	private final FrameWriter writer;

	private final Peer.Events events;

	private final WireSettings settings;

	private final ScheduledExecutorService deadlines;

	private final Consumer<UnixPeer> whenEnded;

	private final boolean incoming;

	/**
	 * Held while a message is sent.
	 */
	private final Object sending = new Object();

	/**
	 * Held to shut the socket down and to close it, so that the former never comes after
	 * the latter. Never held while anything blocks.
	 */
	private final Object closing = new Object();

	/**
	 * What ended the connection: the first cause stays. Any thread.
	 */
	private final AtomicReference<@Nullable String> ending = new AtomicReference<>();

	/**
	 * Open until the socket was shut down.
	 */
	private final CountDownLatch down = new CountDownLatch(1);

	/**
	 * Whether this side closed the connection and wants to hear no more of it.
	 */
	private volatile boolean unwanted;

	/**
	 * Whether the descriptors are closed. Guarded by {@link #closing}.
	 */
	private boolean closed;

	/**
	 * Take over a connected socket; on failure, too.
	 */
	UnixPeer(AFUNIXSocket socket, boolean incoming, Peer.Events events, WireSettings settings,
			ScheduledExecutorService deadlines, Consumer<UnixPeer> whenEnded) throws IOException {
		this.socket = socket;
		this.incoming = incoming;
		this.events = events;
		this.settings = settings;
		this.deadlines = deadlines;
		this.whenEnded = whenEnded;
		try {
			this.reader = new FrameReader(socket, incoming, settings, this::deadline);
			this.duplicate = FileDescriptorCast.duplicating(socket.getFileDescriptor()).as(AFUNIXSocket.class);
			this.writer = new FrameWriter(this.duplicate, this.down);
		}
		catch (IOException ex) {
			close(socket);
			throw ex;
		}
	}

	/**
	 * Begin to read; first of all {@link Peer.Events#connected} is called if the other
	 * process made the connection. Called once.
	 */
	void start() {
		Thread reader = new Thread(this::read, "graceful-upgrade-peer");
		reader.setDaemon(true);
		try {
			reader.start();
		}
		catch (Error ex) {
			// No memory for one more thread.
			release();
			throw ex;
		}
	}

	@Override
	public boolean send(Message message) {
		boolean sent = false;
		// An interrupt would end the write in the middle of a frame, and with it the
		// upgrade. It is kept for whoever looks next.
		boolean interrupted = Thread.interrupted();
		synchronized (this.sending) {
			if (this.ending.get() == null) {
				Future<?> deadline = deadline(this.settings.writeTimeout(), "the peer did not take " + message.kind());
				try {
					for (Message part : FrameCodec.split(message)) {
						interrupted |= this.writer.write(part);
					}
					sent = true;
				}
				catch (IOException | IllegalArgumentException ex) {
					end("%s could not be sent: %s".formatted(message.kind(), ex.getMessage()));
				}
				finally {
					deadline.cancel(false);
				}
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
		return sent;
	}

	@Override
	public void close() {
		this.unwanted = true;
		end("this process closed the connection");
	}

	/**
	 * Have the connection end. What was written before stays readable for the peer.
	 */
	private void end(String reason) {
		this.ending.compareAndSet(null, reason);
		synchronized (this.closing) {
			if (!this.closed) {
				try {
					// Not Socket's methods of these names, which may be called only once.
					this.socket.getChannel().shutdownInput();
					this.socket.getChannel().shutdownOutput();
				}
				catch (IOException ex) {
					// Not connected any more.
				}
			}
		}
		this.down.countDown();
	}

	private Future<?> deadline(Duration timeout, String complaint) {
		return this.deadlines.schedule(() -> end(complaint + " within " + timeout.toMillis() + " ms"),
				timeout.toMillis(), TimeUnit.MILLISECONDS);
	}

	private void read() {
		String reason;
		try {
			if (this.incoming) {
				this.events.connected(this);
			}
			for (Message message = this.reader.receive(); message != null; message = this.reader.receive()) {
				deliver(message);
			}
			reason = "the peer closed the connection";
		}
		catch (EOFException ex) {
			reason = "the peer closed the connection in the middle of a frame";
		}
		catch (ConnectionResetSocketException ex) {
			// What it had sent came before. It died, or did not want to hear the rest.
			reason = "the peer closed the connection";
		}
		catch (ProtocolException ex) {
			reason = "the peer sent garbage: " + ex.getMessage();
		}
		catch (IOException ex) {
			reason = "the connection failed: " + ex.getMessage();
		}
		catch (RuntimeException | Error ex) {
			reason = "what it said could not be handled: " + ex;
		}
		end(reason);
		release();
		String first = this.ending.get();
		this.events.disconnected(this, (first != null) ? first : reason);
	}

	private void release() {
		this.reader.discard();
		synchronized (this.sending) {
			synchronized (this.closing) {
				this.closed = true;
				close(this.duplicate);
				close(this.socket);
			}
		}
		this.whenEnded.accept(this);
	}

	private void deliver(Message message) {
		boolean delivered = false;
		try {
			if (!this.unwanted) {
				this.events.received(this, message);
				delivered = true;
			}
		}
		finally {
			if (!delivered) {
				FrameCodec.descriptors(message).forEach(Descriptor::close);
			}
		}
	}

	private static void close(AFUNIXSocket socket) {
		FileDescriptor descriptor = null;
		try {
			descriptor = socket.getFileDescriptor();
			socket.close();
		}
		catch (IOException ex) {
			// It was closed before.
		}
		if (descriptor != null) {
			// Objects that were cast leave it open. If it is closed, this does nothing.
			Descriptors.close(descriptor);
		}
	}

}
