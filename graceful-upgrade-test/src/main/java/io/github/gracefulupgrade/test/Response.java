package io.github.gracefulupgrade.test;

import java.nio.charset.StandardCharsets;
import java.io.ByteArrayOutputStream;
import java.util.Locale;

/**
 * The response to a GET, read to its end.
 *
 * @param status its status
 * @param pid the process that answered, 0 if unknown
 * @param closes whether the connection ends with this response
 */
record Response(int status, long pid, boolean closes) {

	private static final int MAX_LINE = 64 * 1024;

	static Response read(HttpConnection connection) throws Failure {
		Response response = readOne(connection);
		while (response.status < 200 && response.status != 101) {
			// 100 and 103 are no answers yet.
			response = readOne(connection);
		}
		return response;
	}

	private static Response readOne(HttpConnection connection) throws Failure {
		String start = line(connection);
		if (!start.matches("HTTP/1\\.[01] [1-9][0-9]{2}( .*)?")) {
			throw new Failure(Outcome.GARBLED, "not a status line: " + start);
		}
		int status = Integer.parseInt(start.substring(9, 12));
		boolean closes = start.startsWith("HTTP/1.0");
		boolean chunked = false;
		long length = -1;
		long pid = 0;
		for (String line = line(connection); !line.isEmpty(); line = line(connection)) {
			int colon = line.indexOf(':');
			if (colon <= 0) {
				throw new Failure(Outcome.GARBLED, "not a header: " + line);
			}
			String value = line.substring(colon + 1).strip();
			switch (line.substring(0, colon).toLowerCase(Locale.ROOT)) {
				case "content-length" -> length = number(value, 10);
				case "transfer-encoding" -> chunked = value.toLowerCase(Locale.ROOT).endsWith("chunked");
				case "connection" -> closes = closes(value, closes);
				case Load.PID_HEADER_LOWER_CASE -> pid = number(value, 10);
				default -> {
				}
			}
		}
		if (status < 200 || status == 204 || status == 304) {
			return new Response(status, pid, closes);
		}
		if (chunked) {
			skipChunks(connection);
		}
		else if (length >= 0) {
			connection.skip(length);
		}
		else {
			// Neither length nor chunks: the end of the connection is the end of the
			// body.
			connection.skipToEnd();
			closes = true;
		}
		return new Response(status, pid, closes);
	}

	private static boolean closes(String value, boolean otherwise) {
		for (String option : value.toLowerCase(Locale.ROOT).split(",")) {
			if (option.strip().equals("close")) {
				return true;
			}
			if (option.strip().equals("keep-alive")) {
				return false;
			}
		}
		return otherwise;
	}

	private static void skipChunks(HttpConnection connection) throws Failure {
		long size;
		do {
			String line = line(connection);
			int extension = line.indexOf(';');
			size = number(((extension >= 0) ? line.substring(0, extension) : line).strip(), 16);
			connection.skip(size);
			if (size > 0 && !line(connection).isEmpty()) {
				throw new Failure(Outcome.GARBLED, "no end of line after a chunk");
			}
		}
		while (size > 0);
		while (!line(connection).isEmpty()) {
			// Trailers.
		}
	}

	private static long number(String value, int radix) throws Failure {
		try {
			long number = Long.parseLong(value, radix);
			if (number >= 0) {
				return number;
			}
		}
		catch (NumberFormatException ex) {
			// Said below.
		}
		throw new Failure(Outcome.GARBLED, "not a number: " + value);
	}

	private static String line(HttpConnection connection) throws Failure {
		ByteArrayOutputStream line = new ByteArrayOutputStream(64);
		for (int next = connection.next(); next != '\n'; next = connection.next()) {
			if (line.size() == MAX_LINE) {
				throw new Failure(Outcome.GARBLED, "a line without end");
			}
			line.write(next);
		}
		String text = line.toString(StandardCharsets.ISO_8859_1);
		return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
	}

}
