package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A keep-alive connection that is asked now and then, and never made again. Waits for an
 * answer, for ten seconds at most.
 */
final class HeldConnection implements AutoCloseable {

	private static final int TIMEOUT_MILLIS = 10_000;

	private final Socket socket;

	HeldConnection(int port) throws IOException {
		this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
		this.socket.setTcpNoDelay(true);
		this.socket.setSoTimeout(TIMEOUT_MILLIS);
	}

	void ask(String path) throws IOException {
		this.socket.getOutputStream()
			.write("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path).getBytes(StandardCharsets.ISO_8859_1));
	}

	/** Read an answer, which is so small that it comes in one piece. */
	private String answer() throws IOException {
		byte[] bytes = new byte[4096];
		int count = this.socket.getInputStream().read(bytes);
		if (count < 0) {
			throw new IOException("Closed");
		}
		return new String(bytes, 0, count, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
	}

	/** Whether what was asked is answered well, and by a certain process. */
	boolean isAnsweredBy(long pid) {
		try {
			String answer = answer();
			return answer.startsWith("http/1.1 200") && answer.contains("x-pid: " + pid + "\r\n");
		}
		catch (IOException ex) {
			return false;
		}
	}

	/** Whether a request now is answered by a certain process. */
	boolean reaches(long pid) {
		try {
			ask("/");
			return isAnsweredBy(pid);
		}
		catch (IOException ex) {
			return false;
		}
	}

	@Override
	public void close() {
		try {
			this.socket.close();
		}
		catch (IOException ex) {
			// There is nothing left to know about this connection.
		}
	}

}
