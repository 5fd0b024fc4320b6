package io.github.gracefulupgrade.systemd;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A socket that this process was started with, by the protocol of
 * {@code sd_listen_fds(3)}: {@code LISTEN_FDS} descriptors from 3 on, if
 * {@code LISTEN_PID} is this process, with their names in {@code LISTEN_FDNAMES}.
 *
 * @param descriptor the descriptor, open in this process
 * @param name its name: {@code FileDescriptorName=} of the socket unit, by default the
 * name of the unit
 */
public record ActivatedSocket(int descriptor, String name) {

	private static final int FIRST = 3;

	/**
	 * More than a service manager passes, and few enough to name each in an error.
	 */
	private static final int MOST = 1024;

	/**
	 * The sockets that this process was started with.
	 * @param environment the environment of this process
	 * @param pid this process
	 * @return the sockets; none if there is no such environment, or it is meant for
	 * another process, whose environment this one inherited
	 * @throws IllegalArgumentException if the environment is meant for this process and
	 * makes no sense
	 */
	public static List<ActivatedSocket> in(Map<String, String> environment, long pid) {
		String count = environment.get("LISTEN_FDS");
		String meant = environment.get("LISTEN_PID");
		if (count == null || meant == null || number("LISTEN_PID", meant) != pid) {
			return List.of();
		}
		long sockets = number("LISTEN_FDS", count);
		if (sockets < 0 || sockets > MOST) {
			throw new IllegalArgumentException("LISTEN_FDS=%s is not a number of sockets".formatted(count));
		}
		List<String> names = names(environment.get("LISTEN_FDNAMES"));
		if (!names.isEmpty() && names.size() != sockets) {
			throw new IllegalArgumentException("LISTEN_FDNAMES=%s has %d names for LISTEN_FDS=%d sockets"
				.formatted(environment.get("LISTEN_FDNAMES"), names.size(), sockets));
		}
		List<ActivatedSocket> result = new ArrayList<>();
		for (int i = 0; i < sockets; i++) {
			result.add(new ActivatedSocket(FIRST + i, names.isEmpty() ? "unknown" : names.get(i)));
		}
		return result;
	}

	private static long number(String variable, String value) {
		try {
			return Long.parseLong(value.strip());
		}
		catch (NumberFormatException ex) {
			throw new IllegalArgumentException("%s=%s is no number".formatted(variable, value), ex);
		}
	}

	private static List<String> names(@Nullable String names) {
		return (names == null || names.isEmpty()) ? List.of() : List.of(names.split(":", -1));
	}

}
