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
public final class Listeners {

	private static final String ESTABLISHED = "01";

	private static final String LISTEN = "0A";

	private static final int O_NONBLOCK = 04000;

	private Listeners() {
	}

	/**
	 * The inodes of the sockets that listen on a port.
	 */
	static List<String> on(int port) {
		return sockets(port, LISTEN).map((fields) -> fields[9]).toList();
	}

	/**
	 * Whether a process would wait in accept(2) on a port if nobody connects.
	 */
	public static boolean block(long pid, int port) {
		List<String> inodes = on(port).stream().map("socket:[%s]"::formatted).toList();
		try (Stream<Path> descriptors = Files.list(Path.of("/proc/%d/fd".formatted(pid)))) {
			return descriptors.filter((descriptor) -> inodes.contains(target(descriptor)))
				.anyMatch((descriptor) -> !hasFlag(pid, descriptor.getFileName().toString(), O_NONBLOCK));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String target(Path descriptor) {
		try {
			return Files.readSymbolicLink(descriptor).toString();
		}
		catch (IOException ex) {
			return "closed meanwhile";
		}
	}

	private static boolean hasFlag(long pid, String descriptor, int flag) {
		return lines(Path.of("/proc/%d/fdinfo/%s".formatted(pid, descriptor)))
			.filter((line) -> line.startsWith("flags:"))
			.anyMatch((line) -> (Integer.parseInt(line.substring(6).strip(), 8) & flag) != 0);
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
