package io.github.gracefulupgrade.test;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * How to start an application: the recipe, not a process. Immutable, so that the versions
 * of an application are made from what they have in common:
 *
 * <pre class="code">
 * Application app = Application.jar(Path.of("target/app.jar")).onFreePort().upgradeSocket(folder.resolve("app.sock"));
 * Instance v1 = app.start();
 * Instance v2 = app.args("--feature.new=true").successor().start();
 * </pre>
 */
public final class Application {

	private final List<String> what;

	private final List<String> arguments = new ArrayList<>();

	private final List<String> jvmOptions = new ArrayList<>();

	private final List<String> prefix = new ArrayList<>();

	private final Map<String, String> environment = new LinkedHashMap<>();

	private Path javaHome = Path.of(System.getProperty("java.home"));

	private @Nullable Path directory;

	private int port;

	private boolean successor;

	private boolean defaultSignals = true;

	private Application(List<String> what) {
		this.what = what;
	}

	private Application(Application other) {
		this(other.what);
		this.arguments.addAll(other.arguments);
		this.jvmOptions.addAll(other.jvmOptions);
		this.prefix.addAll(other.prefix);
		this.environment.putAll(other.environment);
		this.javaHome = other.javaHome;
		this.directory = other.directory;
		this.port = other.port;
		this.successor = other.successor;
		this.defaultSignals = other.defaultSignals;
	}

	private Application with(Consumer<Application> change) {
		Application copy = new Application(this);
		change.accept(copy);
		return copy;
	}

	/**
	 * An application in an executable jar.
	 * @param jar the jar
	 * @return how to start it
	 */
	public static Application jar(Path jar) {
		return new Application(List.of("-jar", jar.toAbsolutePath().toString()));
	}

	/**
	 * An application that is not packaged.
	 * @param mainClass the name of its main class
	 * @param classpath its class path, for example that of the test:
	 * {@code System.getProperty("java.class.path")}
	 * @return how to start it
	 */
	public static Application mainClass(String mainClass, String classpath) {
		return new Application(List.of("-cp", classpath, mainClass));
	}

	/**
	 * Add arguments for the application. One that sets a property replaces an earlier one
	 * that set the same: Spring Boot would take the two for a list.
	 * @param arguments more arguments
	 * @return a new application
	 */
	public Application args(String... arguments) {
		return with((copy) -> {
			for (String argument : arguments) {
				int equals = argument.indexOf('=');
				if (argument.startsWith("--") && equals > 0) {
					copy.arguments.removeIf((earlier) -> earlier.startsWith(argument.substring(0, equals + 1)));
				}
				copy.arguments.add(argument);
			}
		});
	}

	/**
	 * Add options for the JVM.
	 * @param options more options
	 * @return a new application
	 */
	public Application jvmOptions(String... options) {
		return with((copy) -> Collections.addAll(copy.jvmOptions, options));
	}

	/**
	 * Set a variable of the process environment.
	 * @param name the name
	 * @param value the value
	 * @return a new application
	 */
	public Application environment(String name, String value) {
		return with((copy) -> copy.environment.put(name, value));
	}

	/**
	 * Run on another JDK than that of the test.
	 * @param javaHome the home folder of the JDK
	 * @return a new application
	 */
	public Application javaHome(Path javaHome) {
		return with((copy) -> copy.javaHome = javaHome);
	}

	/**
	 * Put a command in front of {@code java}, such as {@code setpriv} or {@code prlimit}.
	 * It should end in an exec: {@link Instance#pid()} is the process that it starts as.
	 * @param command the command and its arguments
	 * @return a new application
	 */
	public Application prefix(String... command) {
		return with((copy) -> Collections.addAll(copy.prefix, command));
	}

	/**
	 * Set the working directory. Unless set, it is that of the test.
	 * @param directory the folder
	 * @return a new application
	 */
	public Application directory(Path directory) {
		return with((copy) -> copy.directory = directory);
	}

	/**
	 * Serve on a port of the loopback interface: sets {@code server.port} and
	 * {@code server.address}, and tells the instance where it can be reached.
	 * @param port the port
	 * @return a new application
	 */
	public Application onPort(int port) {
		return servesOn(port).args("--server.address=127.0.0.1", "--server.port=" + port);
	}

	/**
	 * Serve on a port of the loopback interface that is free now, the same for all
	 * instances of this application.
	 * @return a new application
	 */
	public Application onFreePort() {
		return onPort(Instance.freePort());
	}

	/**
	 * Say on which port the application serves HTTP, without telling the application.
	 * @param port the port
	 * @return a new application
	 */
	public Application servesOn(int port) {
		return with((copy) -> copy.port = port);
	}

	/**
	 * Set the socket where incumbent and successor meet: sets
	 * {@code pingora.upgrade-sock}.
	 * @param path the path
	 * @return a new application
	 */
	public Application upgradeSocket(Path path) {
		return args("--pingora.upgrade-sock=" + path);
	}

	/**
	 * Take over from the running instance: adds {@code --upgrade}.
	 * @return a new application
	 */
	public Application successor() {
		return this.successor ? this : with((copy) -> copy.successor = true).args("--upgrade");
	}

	/**
	 * Let instances inherit which signals are ignored. Without this they start with
	 * SIGQUIT and SIGINT as a process in the foreground has them, since a shell makes a
	 * process in the background, such as a build on a server, ignore both.
	 * @return a new application
	 */
	public Application inheritIgnoredSignals() {
		return with((copy) -> copy.defaultSignals = false);
	}

	/**
	 * Start an instance. Returns at once: see {@link Instance#awaitServing()}.
	 * @return the running process
	 */
	public Instance start() {
		List<String> command = new ArrayList<>();
		if (this.defaultSignals) {
			// In front of the prefix: a shell cannot trap what it was told to ignore.
			command.addAll(Signals.DEFAULT_DISPOSITION);
		}
		command.addAll(this.prefix);
		command.add(this.javaHome.resolve("bin/java").toString());
		command.addAll(this.jvmOptions);
		command.addAll(this.what);
		command.addAll(this.arguments);
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
		builder.environment().putAll(this.environment);
		if (this.directory != null) {
			builder.directory(this.directory.toFile());
		}
		return new Instance(builder, this.port, this.successor);
	}

}
