package io.github.gracefulupgrade.it.listeners;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.gracefulupgrade.it.drain.Sample;
import io.github.gracefulupgrade.it.listeners.application.ListenersApplication;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;

/**
 * What all tests of listeners need: applications to start, and questions to ask them.
 */
final class Listening {

	private static final Pattern LISTENER = Pattern
		.compile("\\{\"name\":\"([^\"]+)\",\"address\":\"([^\"]+):([0-9]+)\",\"origin\":\"([A-Z]+)\"\\}");

	private static final Pattern STARTED = Pattern.compile("Netty started on port ([0-9]+)");

	private Listening() {
	}

	/**
	 * The sample application, as its users start it.
	 */
	static Application sample(Path folder) {
		return quick(Sample.unpacked(), folder);
	}

	/**
	 * An application with servers of its own.
	 */
	static Application application(Path folder) {
		return quick(Application.mainClass(ListenersApplication.class.getName(), System.getProperty("java.class.path")),
				folder)
			.args("--management.endpoints.web.exposure.include=upgrade,health");
	}

	private static Application quick(Application application, Path folder) {
		return application.jvmOptions("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m")
			.upgradeSocket(folder.resolve("s"))
			.args("--spring.main.banner-mode=off", "--pingora.close-timeout=300ms", "--pingora.grace-period=20s",
					"--pingora.rehearsal=false", "--pingora.warm-up.rounds=1",
					"--spring.reactor.netty.shutdown-quiet-period=0s");
	}

	/**
	 * Wait until an instance serves, and says that it can be upgraded.
	 */
	static Instance serving(Instance instance) {
		instance.awaitLog("serves and can be upgraded at|accepts, generation [0-9]+");
		return instance;
	}

	/**
	 * The ports on which Boot's own servers were started, the main one first.
	 */
	static List<Integer> ports(Instance instance) {
		return instance.log()
			.stream()
			.map(STARTED::matcher)
			.filter(Matcher::find)
			.map((started) -> Integer.valueOf(started.group(1)))
			.toList();
	}

	/**
	 * The listeners that an instance says it has, by name.
	 * @param management where its actuator is
	 */
	static Map<String, Listener> listeners(int management) {
		return listeners("127.0.0.1", management);
	}

	static Map<String, Listener> listeners(String host, int management) {
		Map<String, Listener> listeners = new LinkedHashMap<>();
		Matcher matcher = LISTENER.matcher(get("http://" + host + ":" + management + "/actuator/upgrade"));
		while (matcher.find()) {
			listeners.put(matcher.group(1),
					new Listener(matcher.group(2), Integer.parseInt(matcher.group(3)), matcher.group(4)));
		}
		return listeners;
	}

	/**
	 * Get a resource, on a connection of its own.
	 */
	static String get(String uri) {
		try {
			HttpURLConnection connection = (HttpURLConnection) URI.create(uri).toURL().openConnection();
			connection.setRequestProperty("Connection", "close");
			connection.setReadTimeout(30_000);
			return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(uri, ex);
		}
	}

	/**
	 * Connect, and read the line that the server says.
	 */
	static String line(String host, int port) {
		try (Socket socket = new Socket()) {
			socket.setSoTimeout(30_000);
			socket.connect(new InetSocketAddress(host, port), 30_000);
			return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
				.readLine();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(host + ":" + port, ex);
		}
	}

	/**
	 * A listener.
	 *
	 * @param host its address, {@code *} for all
	 * @param port its port
	 * @param origin where it came from
	 */
	record Listener(String host, int port, String origin) {
	}

}
