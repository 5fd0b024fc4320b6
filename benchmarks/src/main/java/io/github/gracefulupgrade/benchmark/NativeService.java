package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;

/**
 * A server that is not Java: one process to begin with, and whatever came of it.
 */
abstract class NativeService implements Contender.Service {

	private final Path folder;

	private final Process first;

	NativeService(int port, Path folder, Map<String, String> environment, String... command)
			throws IOException, InterruptedException {
		this.folder = folder;
		this.first = Commands.start(folder, environment, command);
		try {
			Commands.await(command[0] + " listens", () -> listens(port));
		}
		catch (IOException ex) {
			close();
			throw ex;
		}
	}

	private static boolean listens(int port) {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
			return socket.isConnected();
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * The process that was started first, unless that has put itself into the background.
	 */
	final long first() {
		return this.first.pid();
	}

	@Override
	public void close() {
		Commands.endAllNaming(this.folder);
	}

}
