package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import io.github.gracefulupgrade.test.Upgrade;

/**
 * Idle keep-alive connections, many of them, that move to the successor: how long that
 * takes, how much memory, and whether any has to be made again.
 */
final class IdleConnections {

	private static final Pattern DRAINED = Pattern
		.compile("drained in ([0-9,.]+) (ms|s): .* (\\d+) connection.s. handed");

	private static final byte[] REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
		.getBytes(StandardCharsets.ISO_8859_1);

	private final Options options;

	private final Path out;

	IdleConnections(Options options, Path out) {
		this.options = options;
		this.out = out;
	}

	void run() throws Exception {
		String loadBefore = Machine.loadAverage();
		// Java raises its own limit to the hard one, and so do the instances.
		int limit = Integer.parseInt(Commands.run(Path.of("."), 5, Map.of(), "/bin/sh", "-c", "ulimit -H -n")
			.replace("unlimited", "1000000"));
		Markdown report = new Markdown();
		report.line("# Idle connections that move").line("");
		Machine.describe(report, this.options, loadBefore);
		report.row("descriptors of a process", "%,d at most".formatted(limit))
			.line("")
			.line("Keep-alive connections that had an answer each and are idle at the switch. *Drained in* is what the old instance logs: from the moment that it stops")
			.line("accepting until nothing is left. *Lost or reconnected*: not answered by the successor on the same connection, each of which is asked once.")
			.line("Memory is resident, in MB.")
			.line("")
			.header("connections", "handed over", "drained in, ms", "µs each", "lost or reconnected",
					"old: no connection", "old: all", "new: waiting", "new: all");
		for (String size : this.options.list("sizes", "1000,2000,5000,10000")) {
			measure(report, Math.min(Integer.parseInt(size), limit - 500));
		}
		report.write(this.out.resolve("connections.md"));
	}

	private void measure(Markdown report, int size) throws Exception {
		Path folder = Comparison.newFolder();
		int port = Instance.freePort();
		Application application = JavaContender.sample()
			.onPort(port)
			.upgradeSocket(folder.resolve("upgrade.sock"))
			.args("--pingora.close-timeout=1s");
		List<SocketChannel> connections = new ArrayList<>();
		try (Instance incumbent = application.start().awaitServing()) {
			long bare = incumbent.residentMemory();
			for (int i = 0; i < size; i++) {
				connections.add(SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
				ask(connections.get(i));
			}
			long full = incumbent.residentMemory();
			try (Instance successor = application.successor().start()) {
				successor.awaitLog(Upgrade.SUCCESSOR_WAITS, Instance.PATIENCE);
				long waiting = successor.residentMemory();
				incumbent.quit();
				MatchResult drained = incumbent.awaitLog(DRAINED, Instance.PATIENCE);
				incumbent.awaitExit();
				String name = "x-pid: " + successor.pid() + "\r\n";
				long moved = connections.stream().filter((connection) -> answers(connection, name)).count();
				double millis = Double.parseDouble(drained.group(1).replace(",", ""))
						* (drained.group(2).equals("s") ? 1000 : 1);
				report.row(size, drained.group(3), Markdown.millis(millis), Markdown.millis(millis * 1000 / size),
						size - moved, bare >> 20, full >> 20, waiting >> 20, successor.residentMemory() >> 20);
				Main.say("%d connections: %s ms, %d not on the same connection", size, Markdown.millis(millis),
						size - moved);
			}
		}
		finally {
			for (SocketChannel connection : connections) {
				connection.close();
			}
		}
	}

	private static boolean answers(SocketChannel connection, String header) {
		try {
			return ask(connection).contains(header);
		}
		catch (IOException ex) {
			return false;
		}
	}

	/** Ask, and read an answer, which is so small that it comes in one piece. */
	private static String ask(SocketChannel connection) throws IOException {
		connection.write(ByteBuffer.wrap(REQUEST));
		ByteBuffer answer = ByteBuffer.allocate(4096);
		if (connection.read(answer) < 0) {
			throw new IOException("Closed");
		}
		return new String(answer.array(), 0, answer.position(), StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
	}

}
