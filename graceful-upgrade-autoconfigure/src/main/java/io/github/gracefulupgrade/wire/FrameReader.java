package io.github.gracefulupgrade.wire;

import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;

import io.github.gracefulupgrade.handover.Descriptor;
import io.github.gracefulupgrade.handover.Message;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * Reads the frames of a connection, with the descriptors that come with them. For the
 * connection's reading thread alone.
 */
final class FrameReader {

	/**
	 * All that junixsocket ever uses; room for 60 descriptors.
	 */
	private static final int ANCILLARY_BUFFER = 256;

	private final AFUNIXSocket socket;

	private final InputStream in;

	private final Deadlines deadlines;

	private final WireSettings settings;

	/**
	 * The descriptors that came with the frame that is being read.
	 */
	private final List<Descriptor> came = new ArrayList<>();

	/**
	 * Whether the peer owes a first frame, and none has begun yet.
	 */
	private boolean silent;

	/**
	 * Create a reader.
	 * @param socket where to read; the caller's
	 * @param owesFrame whether the peer has to begin, and soon
	 * @param settings how long it may take
	 * @param deadlines ends the connection when it took longer
	 */
	FrameReader(AFUNIXSocket socket, boolean owesFrame, WireSettings settings, Deadlines deadlines) throws IOException {
		// Before the first read: what comes without it is lost.
		socket.setAncillaryReceiveBufferSize(ANCILLARY_BUFFER);
		this.socket = socket;
		this.in = socket.getInputStream();
		this.silent = owesFrame;
		this.settings = settings;
		this.deadlines = deadlines;
	}

	/**
	 * Receive one message. Never reads beyond its frame, so that descriptors cannot be
	 * taken for those of another.
	 * @return the message, or {@code null} if the peer closed the connection
	 */
	@Nullable Message receive() throws IOException, ProtocolException {
		byte[] header = new byte[FrameCodec.HEADER];
		int begun = begin(header);
		if (begun < 0) {
			return null;
		}
		Future<?> deadline = this.deadlines.begin(this.settings.stallTimeout(),
				"the peer stalled in the middle of a frame: no end of it");
		byte[] body;
		try {
			readFully(header, begun);
			body = new byte[FrameCodec.length(header)];
			readFully(body, 0);
		}
		finally {
			deadline.cancel(false);
		}
		Message message = FrameCodec.decode(body).message(List.copyOf(this.came));
		this.came.clear();
		return message;
	}

	private int begin(byte[] header) throws IOException, ProtocolException {
		Future<?> deadline = null;
		if (this.silent) {
			deadline = this.deadlines.begin(this.settings.helloTimeout(), "the peer said nothing");
		}
		try {
			return read(header, 0);
		}
		finally {
			this.silent = false;
			if (deadline != null) {
				deadline.cancel(false);
			}
		}
	}

	private void readFully(byte[] bytes, int from) throws IOException, ProtocolException {
		for (int position = from; position < bytes.length;) {
			int count = read(bytes, position);
			if (count < 0) {
				throw new EOFException();
			}
			position += count;
		}
	}

	private int read(byte[] bytes, int from) throws IOException, ProtocolException {
		int count = this.in.read(bytes, from, bytes.length - from);
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

	/**
	 * Close what came with a frame that is not complete.
	 */
	void discard() {
		Descriptors.closeAll(this.came);
	}

	/**
	 * Ends the connection if something takes too long.
	 */
	@FunctionalInterface
	interface Deadlines {

		/**
		 * Begin to wait.
		 * @param timeout for how long
		 * @param complaint what to say when that is over
		 * @return to be cancelled when it happened in time
		 */
		Future<?> begin(Duration timeout, String complaint);

	}

}
