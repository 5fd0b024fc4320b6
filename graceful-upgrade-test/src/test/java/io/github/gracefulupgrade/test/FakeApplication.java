package io.github.gracefulupgrade.test;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import sun.misc.Signal;

/**
 * An application that upgrades itself just well enough to test the test kit: both
 * processes bind the port with SO_REUSEPORT, and tell each other by files. A JVM cannot
 * see SIGQUIT by itself, so a shell around it turns it into SIGWINCH; the pid is
 * therefore the parent's.
 */
public final class FakeApplication {

	private static final List<String> SHELL = List.of("sh", "-c",
			"trap 'kill -WINCH $child' QUIT; trap 'kill -TERM $child' TERM; \"$@\" & child=$!; "
					+ "wait $child; while kill -0 $child 2>/dev/null; do wait $child; done; wait $child",
			"sh");

	private static final long PID = ProcessHandle.current().parent().orElseThrow().pid();

	private final AtomicInteger connections = new AtomicInteger();

	private final AtomicInteger requests = new AtomicInteger();

	private volatile boolean draining;

	private boolean forgetful;

	private FakeApplication() {
	}

	/**
	 * The application, which needs a port and an upgrade socket.
	 * @return how to start it
	 */
	public static Application application() {
		return Application.mainClass(FakeApplication.class.getName(), System.getProperty("java.class.path"))
			.jvmOptions("-XX:TieredStopAtLevel=1", "-Xshare:auto")
			.prefix(SHELL.toArray(String[]::new));
	}

	/**
	 * Run it.
	 * @param args port and upgrade socket
	 * @throws Exception for whatever reason
	 */
	public static void main(String[] args) throws Exception {
		new FakeApplication().run(List.of(args));
	}

	private void run(List<String> args) throws Exception {
		int port = Integer.parseInt(value(args, "--server.port="));
		String socket = value(args, "--pingora.upgrade-sock=");
		Path owner = Path.of(socket + ".owner");
		Path go = Path.of(socket + ".go");
		this.forgetful = args.contains("--forgetful");
		if (args.contains("--fail")) {
			System.out.println("No, not today");
			System.exit(7);
		}
		if (args.contains("--upgrade")) {
			System.out.printf("Successor pid=%d is ready and waits for incumbent pid=%s to hand over%n", PID,
					Files.readString(owner));
			await(go);
		}
		ServerSocketChannel listener = ServerSocketChannel.open();
		listener.setOption(StandardSocketOptions.SO_REUSEPORT, true);
		listener.bind(new InetSocketAddress("127.0.0.1", port));
		Files.deleteIfExists(go);
		Files.writeString(owner, Long.toString(PID));
		Signal.handle(new Signal("WINCH"), (signal) -> new Thread(() -> handOver(listener, go)).start());
		System.out.println("Started FakeApplication in 0.1 seconds");
		try {
			while (true) {
				SocketChannel channel = listener.accept();
				this.connections.incrementAndGet();
				new Thread(() -> serve(channel)).start();
			}
		}
		catch (IOException ex) {
			// Handed over.
		}
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
		while (this.connections.get() > 0 && System.nanoTime() - deadline < 0) {
			Thread.sleep(10);
		}
		System.exit(0);
	}

	private void handOver(ServerSocketChannel listener, Path go) {
		try {
			Files.createFile(go);
			while (Files.exists(go)) {
				Thread.sleep(10);
			}
			Thread.sleep(300);
			this.draining = true;
			listener.close();
		}
		catch (Exception ex) {
			ex.printStackTrace();
		}
	}

	private void serve(SocketChannel channel) {
		try (channel) {
			BufferedReader reader = new BufferedReader(
					new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.ISO_8859_1));
			boolean last = false;
			for (String line = reader.readLine(); line != null && !last; line = reader.readLine()) {
				if (line.isEmpty()) {
					if (this.forgetful && this.requests.incrementAndGet() % 50 == 0) {
						return;
					}
					last = this.draining;
					channel.write(ByteBuffer.wrap("HTTP/1.1 200 OK\r\nX-Pid: %d\r\n%sContent-Length: 0\r\n\r\n"
						.formatted(PID, last ? "Connection: close\r\n" : "")
						.getBytes(StandardCharsets.ISO_8859_1)));
				}
			}
		}
		catch (IOException ex) {
			// The client has gone.
		}
		finally {
			this.connections.decrementAndGet();
		}
	}

	private static void await(Path path) throws InterruptedException {
		while (!Files.exists(path)) {
			Thread.sleep(10);
		}
	}

	private static String value(List<String> args, String name) {
		return args.stream().filter((arg) -> arg.startsWith(name)).findFirst().orElse(name).substring(name.length());
	}

}
