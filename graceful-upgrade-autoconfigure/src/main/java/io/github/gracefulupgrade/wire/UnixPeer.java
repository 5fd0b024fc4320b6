package io.github.gracefulupgrade.wire;

import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
	 * All that junixsocket ever uses; room for 60 descriptors.
	 */
	private static final int ANCILLARY_BUFFER = 256;

	/**
	 * How long to wait before descriptors are sent again when the kernel says that too
	 * many of this user's are in flight.
	 */
	private static final Duration BACK_OFF = Duration.ofMillis(20);

	/**
	 * To read from. Closed by the reader.
	 */
	private final AFUNIXSocket socket;

	/**
	 * A duplicate to write to. When the peer has closed its end, junixsocket closes the
	 * object that it wrote to, and what the peer had sent before would be lost with it.
	 * Used under {@link #sending}, closed by the reader under the same lock.
	 */
	private final AFUNIXSocket writer;

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
	 * The descriptors that came with the frame that is being read. Reader only.
	 */
	private final List<Descriptor> came = new ArrayList<>();

	/**
	 * Whether no frame has begun yet. Reader only.
	 */
	private boolean silent = true;

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
			// Before the first read: what comes without it is lost.
			socket.setAncillaryReceiveBufferSize(ANCILLARY_BUFFER);
			this.writer = FileDescriptorCast.duplicating(socket.getFileDescriptor()).as(AFUNIXSocket.class);
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
	public void send(Message message) {
		// An interrupt would end the write in the middle of a frame, and with it the
		// upgrade. It is kept for whoever looks next.
		boolean interrupted = Thread.interrupted();
		synchronized (this.sending) {
			if (this.ending.get() == null) {
				Future<?> deadline = deadline(this.settings.writeTimeout(), "the peer did not take " + message.kind());
				try {
					for (Message part : FrameCodec.split(message)) {
						interrupted |= write(FrameCodec.encode(part), FrameCodec.descriptors(part));
					}
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
	}

	/**
	 * Write a frame with its descriptors.
	 * @return whether the thread was interrupted meanwhile
	 */
	private boolean write(byte[] frame, List<Descriptor> descriptors) throws IOException {
		FileDescriptor[] travelling = new FileDescriptor[descriptors.size()];
		for (int i = 0; i < travelling.length; i++) {
			travelling[i] = Descriptors.of(descriptors.get(i).number());
		}
		OutputStream out = this.writer.getOutputStream();
		boolean interrupted = false;
		int written = 0;
		while (written < frame.length) {
			if (written == 0) {
				// Each write forgets them, also one that fails.
				this.writer.setOutboundFileDescriptors(travelling);
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
			InputStream in = this.socket.getInputStream();
			for (Message message = receive(in); message != null; message = receive(in)) {
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
		Descriptors.closeAll(this.came);
		synchronized (this.sending) {
			synchronized (this.closing) {
				this.closed = true;
				close(this.writer);
				close(this.socket);
			}
		}
		this.whenEnded.accept(this);
	}

	/**
	 * Receive one message. Never reads beyond its frame, so that descriptors cannot be
	 * taken for those of another.
	 * @return the message, or {@code null} if the peer closed the connection
	 */
	private @Nullable Message receive(InputStream in) throws IOException, ProtocolException {
		byte[] header = new byte[FrameCodec.HEADER];
		int begun = begin(in, header);
		if (begun < 0) {
			return null;
		}
		Future<?> deadline = deadline(this.settings.stallTimeout(),
				"the peer stalled in the middle of a frame: no end of it");
		byte[] body;
		try {
			readFully(in, header, begun);
			body = new byte[FrameCodec.length(header)];
			readFully(in, body, 0);
		}
		finally {
			deadline.cancel(false);
		}
		Message message = FrameCodec.decode(body).message(List.copyOf(this.came));
		this.came.clear();
		return message;
	}

	private int begin(InputStream in, byte[] header) throws IOException, ProtocolException {
		Future<?> deadline = null;
		if (this.silent && this.incoming) {
			deadline = deadline(this.settings.helloTimeout(), "the peer said nothing");
		}
		try {
			return read(in, header, 0);
		}
		finally {
			this.silent = false;
			if (deadline != null) {
				deadline.cancel(false);
			}
		}
	}

	private void readFully(InputStream in, byte[] bytes, int from) throws IOException, ProtocolException {
		for (int position = from; position < bytes.length;) {
			int count = read(in, bytes, position);
			if (count < 0) {
				throw new EOFException();
			}
			position += count;
		}
	}

	private int read(InputStream in, byte[] bytes, int from) throws IOException, ProtocolException {
		int count = in.read(bytes, from, bytes.length - from);
		IOException lost = null;
		for (FileDescriptor descriptor : this.socket.getReceivedFileDescriptors()) {
			try {
				this.came.add(Descriptors.keep(descriptor));
			}
			catch (IOException ex) {
				lost = ex;
			}
		}
		if (lost != null) {
			throw lost;
		}
		if (this.came.size() > FrameCodec.MAX_DESCRIPTORS) {
			throw new ProtocolException("a frame came with %d descriptors, at most %d are allowed"
				.formatted(this.came.size(), FrameCodec.MAX_DESCRIPTORS));
		}
		return count;
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
