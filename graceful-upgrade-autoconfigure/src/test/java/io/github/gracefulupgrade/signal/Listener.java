package io.github.gracefulupgrade.signal;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/**
 * The program in the JVMs that the tests start. Takes one command a line from its
 * standard input and answers each by a line on its standard error, since the JVM prints
 * its thread dumps to the standard output. Ends with its input.
 */
final class Listener {

	private static final Deque<QuitSignal> open = new ArrayDeque<>();

	private static final Semaphore gate = new Semaphore(0);

	private Listener() {
	}

	public static void main(String[] args) throws Exception {
		BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
		report("started");
		for (String command = commands.readLine(); command != null; command = commands.readLine()) {
			switch (command) {
				case "listen" -> listen(() -> report("signal on " + Thread.currentThread().getName()));
				case "listen and throw" -> listen(() -> {
					report("signal");
					throw new AssertionError("thrown by the action");
				});
				case "listen and block" -> listen(() -> {
					report("signal");
					gate.acquireUninterruptibly();
				});
				case "unblock" -> gate.release();
				case "close" -> open.removeLast().close();
				case "unsupported" -> report(QuitSignal.unsupported().orElse("supported"));
				case "threads" -> report(Thread.getAllStackTraces()
					.keySet()
					.stream()
					.filter((thread) -> thread.getName().equals("graceful-upgrade-signal"))
					.count() + " threads");
				case "litter" -> litter();
				case "open environment" -> BlockingEnvironment.open();
				case "close environment" -> {
					BlockingEnvironment.close();
					System.gc();
				}
				case "open and close" -> {
					for (int i = 0; i < 20; i++) {
						QuitSignal.listen(() -> {
						}).close();
					}
				}
				default -> throw new IllegalArgumentException(command);
			}
			report("done: " + command);
		}
	}

	private static void listen(Runnable action) {
		try {
			open.add(QuitSignal.listen(action));
		}
		catch (UnsupportedOperationException ex) {
			report(ex.getMessage());
		}
	}

	private static void litter() {
		Thread thread = new Thread(() -> {
			while (true) {
				byte[][] garbage = new byte[64][];
				for (int i = 0; i < garbage.length; i++) {
					garbage[i] = new byte[1 << 14];
				}
				System.gc();
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	private static synchronized void report(String line) {
		System.err.println(line);
	}

	/**
	 * An environment with a callback that blocks. A class of its own, so that the program
	 * also runs where JNA is missing.
	 */
	private static final class BlockingEnvironment {

		private static final JvmtiEnvironment.DataDumpRequest callback = (environment) -> {
			report("signal");
			gate.acquireUninterruptibly();
		};

		private static JvmtiEnvironment environment;

		static void open() {
			environment = JvmtiEnvironment.listening(callback);
		}

		static void close() {
			environment.close();
		}

	}

}
