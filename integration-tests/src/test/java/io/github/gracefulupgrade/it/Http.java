package io.github.gracefulupgrade.it;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Single requests, each on a connection of its own, none ever retried.
 */
final class Http {

	private static final int TIMEOUT = (int) Duration.ofSeconds(60).toMillis();

	private Http() {
	}

	/**
	 * Send a GET and read the whole response.
	 */
	static Answer get(int port, String path) {
		return exchange("GET", port, path);
	}

	/**
	 * Send a POST without a body, as {@code curl -X POST} does.
	 */
	static Answer post(int port, String path) {
		return exchange("POST", port, path);
	}

	/**
	 * Send a GET, and read the response on another thread. The request has been sent when
	 * this returns.
	 * @return completes with the answer, or with what became of the connection
	 */
	static CompletableFuture<Answer> begin(int port, String path) {
		try {
			Socket socket = send("GET", port, path);
			return CompletableFuture.supplyAsync(() -> receive(socket), (task) -> {
				Thread thread = new Thread(task, "request-" + path);
				thread.setDaemon(true);
				thread.start();
			});
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Answer exchange(String method, int port, String path) {
		try {
			return receive(send(method, port, path));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(method + " " + path + ": " + ex.getMessage(), ex);
		}
	}

	private static Socket send(String method, int port, String path) throws IOException {
		Socket socket = new Socket();
		try {
			socket.setSoTimeout(TIMEOUT);
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT);
			String length = method.equals("POST") ? "Content-Length: 0\r\n" : "";
			socket.getOutputStream()
				.write("%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"
					.formatted(method, path, length)
					.getBytes(StandardCharsets.ISO_8859_1));
			return socket;
		}
		catch (IOException ex) {
			socket.close();
			throw ex;
		}
	}

	private static Answer receive(Socket socket) {
		try (socket) {
			InputStream in = new BufferedInputStream(socket.getInputStream());
			int status = Integer.parseInt(line(in).split(" ")[1]);
			Map<String, String> headers = new TreeMap<>();
			for (String line = line(in); !line.isEmpty(); line = line(in)) {
				int colon = line.indexOf(':');
				headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
			}
			byte[] body = "chunked".equals(headers.get("transfer-encoding")) ? chunks(in)
					: exactly(in, Integer.parseInt(headers.getOrDefault("content-length", "0")));
			return new Answer(status, Long.parseLong(headers.getOrDefault("x-pid", "0")),
					new String(body, StandardCharsets.UTF_8), System.nanoTime());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static byte[] chunks(InputStream in) throws IOException {
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		while (true) {
			int size = Integer.parseInt(line(in), 16);
			body.write(exactly(in, size));
			line(in);
			if (size == 0) {
				return body.toByteArray();
			}
		}
	}

	private static byte[] exactly(InputStream in, int count) throws IOException {
		byte[] bytes = in.readNBytes(count);
		if (bytes.length < count) {
			throw new EOFException("cut in the body");
		}
		return bytes;
	}

	private static String line(InputStream in) throws IOException {
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		for (int next = in.read(); next != '\n'; next = in.read()) {
			if (next < 0) {
				throw new EOFException((line.size() == 0) ? "closed" : "cut");
			}
			line.write(next);
		}
		return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
	}

	/**
	 * A whole response.
	 *
	 * @param status its status
	 * @param pid the process that it came from
	 * @param body its body
	 * @param at when its end had come, as {@link System#nanoTime()}
	 */
	record Answer(int status, long pid, String body, long at) {
	}

}
