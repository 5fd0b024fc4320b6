package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The TCP sockets of this machine, as the kernel knows them.
 */
final class Listeners {

	private static final String ESTABLISHED = "01";

	private static final String LISTEN = "0A";

	private Listeners() {
	}

	/**
	 * The inodes of the sockets that listen on a port.
	 */
	static List<String> on(int port) {
		return sockets(port, LISTEN).map((fields) -> fields[9]).toList();
	}

	/**
	 * How many connections a port has.
	 */
	static long connections(int port) {
		return sockets(port, ESTABLISHED).count();
	}

	/**
	 * How many connections of a port have something that the server has not read, or have
	 * not been accepted.
	 */
	static long unread(int port) {
		// Queues are written as sent:received, in hexadecimal. For a listener the latter
		// is the number of connections that wait for accept.
		return Stream.concat(sockets(port, ESTABLISHED), sockets(port, LISTEN))
			.filter((fields) -> Long.parseLong(fields[4].substring(9), 16) > 0)
			.count();
	}

	/**
	 * The lines of the kernel's tables: number, local address, remote address, state,
	 * queues, …, inode.
	 */
	private static Stream<String[]> sockets(int port, String state) {
		String suffix = ":%04X".formatted(port);
		return Stream.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"))
			.filter(Files::exists)
			.flatMap(Listeners::lines)
			.map((line) -> line.strip().split("\\s+"))
			.filter((fields) -> fields[1].endsWith(suffix) && fields[3].equals(state));
	}

	private static Stream<String> lines(Path table) {
		try {
			return Files.readAllLines(table).stream();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
