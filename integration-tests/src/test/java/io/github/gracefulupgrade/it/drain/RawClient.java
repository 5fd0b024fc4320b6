package io.github.gracefulupgrade.it.drain;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;

import javax.net.ssl.SSLSocket;

/**
 * A client that does what no HTTP library does: sends any bytes at any time, and reads
 * one response after the other.
 */
final class RawClient implements AutoCloseable {

	private final Socket socket;

	private final InputStream in;

	private int status;

	private Map<String, String> headers = Map.of();

	private RawClient(Socket socket) throws IOException {
		this.socket = socket;
		this.socket.setTcpNoDelay(true);
		this.socket.setSoTimeout(60_000);
		this.in = new BufferedInputStream(socket.getInputStream());
	}

	static RawClient plain(int port) {
		try {
			return new RawClient(new Socket(InetAddress.getLoopbackAddress(), port));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static RawClient tls(int port) {
		try {
			SSLSocket socket = (SSLSocket) Sample.trustingEverybody()
				.getSocketFactory()
				.createSocket(new Socket(InetAddress.getLoopbackAddress(), port), "localhost", port, true);
			socket.startHandshake();
			return new RawClient(socket);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	int port() {
		return this.socket.getLocalPort();
	}

	RawClient send(String bytes) {
		return send(bytes.getBytes(StandardCharsets.ISO_8859_1), 0, bytes.length());
	}

	RawClient send(byte[] bytes, int offset, int length) {
		try {
			this.socket.getOutputStream().write(bytes, offset, length);
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	Response get(String path) {
		return send("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n").read();
	}

	/**
	 * Read a response to its end.
	 */
	Response read() {
		readHead();
		return readBody();
	}

	/**
	 * Read the head of a response.
	 */
	RawClient readHead() {
		try {
			String status = line();
			if (!status.startsWith("HTTP/1.1 ")) {
				throw new IOException("Not a response: " + status);
			}
			this.status = Integer.parseInt(status.substring(9, 12));
			this.headers = new TreeMap<>();
			for (String line = line(); !line.isEmpty(); line = line()) {
				int colon = line.indexOf(':');
				this.headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
			}
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Read the rest of the response whose head was read last.
	 */
	Response readBody() {
		try {
			return new Response(this.status, this.headers, body());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private String body() throws IOException {
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		readBody(body::write);
		return body.toString(StandardCharsets.ISO_8859_1);
	}

	/**
	 * Read the rest of the response whose head was read last, byte by byte.
	 */
	void readBody(IntConsumer target) throws IOException {
		if ("chunked".equals(this.headers.get("transfer-encoding"))) {
			for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
				bytes(size, target);
				line();
			}
			line();
		}
		else if (this.status >= 200 && this.status != 204 && this.status != 304) {
			bytes(Integer.parseInt(this.headers.getOrDefault("content-length", "0")), target);
		}
	}

	private void bytes(int count, IntConsumer target) throws IOException {
		for (int i = 0; i < count; i++) {
			int b = this.in.read();
			if (b < 0) {
				throw new EOFException("Closed in the middle of a body");
			}
			target.accept(b);
		}
	}

	private String line() throws IOException {
		StringBuilder line = new StringBuilder();
		for (int c = this.in.read(); c != '\n'; c = this.in.read()) {
			if (c < 0) {
				throw new EOFException("Closed after: '" + line + "'");
			}
			line.append((char) c);
		}
		return line.toString().trim();
	}

	/**
	 * Wait until the server ends the connection.
	 * @return whether it ended without a reset, and without a byte before
	 */
	boolean isEnded() {
		try {
			return this.in.read() < 0;
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
			throw new UncheckedIOException(ex);
		}
	}

	record Response(int status, Map<String, String> headers, String body) {

		long pid() {
			return Long.parseLong(this.headers.get("x-pid"));
		}

		boolean announcesClose() {
			return "close".equals(this.headers.get("connection"));
		}

	}

}
