package io.github.gracefulupgrade.it;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.IncompatibleThreadStateException;
import com.sun.jdi.Method;
import com.sun.jdi.ObjectReference;
import com.sun.jdi.ReferenceType;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VMDisconnectedException;
import com.sun.jdi.Value;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.connect.IllegalConnectorArgumentsException;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.ClassPrepareEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.request.BreakpointRequest;
import com.sun.jdi.request.ClassPrepareRequest;
import com.sun.jdi.request.EventRequest;
import io.github.gracefulupgrade.test.Application;
import io.github.gracefulupgrade.test.Instance;
import org.jspecify.annotations.Nullable;

/**
 * Holds a thread of an instance exactly where a test wants it: a debugger, through the
 * interface that the JDK has for them. The product has no hook for this, and an instance
 * that was not started with {@link #listening} cannot be held.
 */
final class Debugger implements AutoCloseable {

	private static final Pattern PORT = Pattern.compile("Listening for transport dt_socket at address: ([0-9]+)");

	private static final String OPTION = "-agentlib:jdwp=transport=dt_socket,server=y,address=127.0.0.1:0,suspend=";

	private final VirtualMachine machine;

	private Debugger(VirtualMachine machine) {
		this.machine = machine;
		Thread thread = new Thread(this::dispatch, "debugger");
		thread.setDaemon(true);
		thread.start();
	}

	/**
	 * An application whose instances can be attached to.
	 * @param suspended whether they do nothing before somebody has
	 */
	static Application listening(Application application, boolean suspended) {
		return application.jvmOptions(OPTION + (suspended ? "y" : "n"));
	}

	static Debugger attach(Instance instance) {
		String port = instance.awaitLog(PORT, Instance.PATIENCE).group(1);
		AttachingConnector connector = Bootstrap.virtualMachineManager()
			.attachingConnectors()
			.stream()
			.filter((candidate) -> candidate.transport().name().equals("dt_socket"))
			.findFirst()
			.orElseThrow();
		Map<String, Connector.Argument> arguments = connector.defaultArguments();
		arguments.get("hostname").setValue("127.0.0.1");
		arguments.get("port").setValue(port);
		try {
			return new Debugger(connector.attach(arguments));
		}
		catch (IOException | IllegalConnectorArgumentsException ex) {
			throw new IllegalStateException("Cannot attach to " + instance, ex);
		}
	}

	/**
	 * Hold the first thread that comes to a gate.
	 */
	Pause at(Gate gate) {
		Pause pause = new Pause(gate);
		ClassPrepareRequest loaded = this.machine.eventRequestManager().createClassPrepareRequest();
		loaded.addClassFilter(gate.type());
		loaded.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
		loaded.putProperty(Pause.class, pause);
		loaded.enable();
		this.machine.classesByName(gate.type()).forEach(pause::set);
		return pause;
	}

	/**
	 * Start an instance that waited for this debugger.
	 */
	void start() {
		this.machine.resume();
	}

	/**
	 * Whether the process has a thread of this name.
	 */
	boolean hasThread(String name) {
		return this.machine.allThreads().stream().anyMatch((thread) -> name(thread).equals(name));
	}

	private static String name(ThreadReference thread) {
		try {
			return thread.name();
		}
		catch (RuntimeException ex) {
			return ""; // It has ended since.
		}
	}

	private void dispatch() {
		try {
			while (true) {
				EventSet events = this.machine.eventQueue().remove();
				boolean hold = false;
				for (Event event : events) {
					if (event instanceof ClassPrepareEvent prepared) {
						((Pause) prepared.request().getProperty(Pause.class)).set(prepared.referenceType());
					}
					else if (event instanceof BreakpointEvent reached) {
						hold |= ((Pause) reached.request().getProperty(Pause.class)).reached(reached.thread());
					}
				}
				if (!hold) {
					events.resume();
				}
			}
		}
		catch (VMDisconnectedException | InterruptedException ex) {
			// The process has ended.
		}
	}

	/**
	 * Let go of the process, which goes on.
	 */
	@Override
	public void close() {
		try {
			this.machine.dispose();
		}
		catch (VMDisconnectedException ex) {
			// The process has ended.
		}
	}

	/**
	 * A place in the program: the beginning of a method.
	 *
	 * @param type the name of the class
	 * @param method the name of the method
	 * @param message the simple name of the class that one of its arguments has, or empty
	 * if it does not matter
	 */
	record Gate(String type, String method, String message) {
	}

	/**
	 * A gate that somebody waits at, or will.
	 */
	final class Pause {

		private final Gate gate;

		private final CompletableFuture<ThreadReference> reached = new CompletableFuture<>();

		private volatile boolean open;

		private Pause(Gate gate) {
			this.gate = gate;
		}

		private synchronized void set(ReferenceType type) {
			if (!type.name().equals(this.gate.type())) {
				return;
			}
			List<Method> methods = type.methodsByName(this.gate.method());
			if (methods.isEmpty()) {
				this.reached.completeExceptionally(
						new AssertionError("%s has no method %s any more".formatted(type.name(), this.gate.method())));
			}
			for (Method method : methods) {
				if (Debugger.this.machine.eventRequestManager()
					.breakpointRequests()
					.stream()
					.anyMatch((other) -> other.getProperty(Pause.class) == this
							&& other.location().equals(method.location()))) {
					continue;
				}
				BreakpointRequest request = Debugger.this.machine.eventRequestManager()
					.createBreakpointRequest(method.location());
				request.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
				request.putProperty(Pause.class, this);
				request.enable();
			}
		}

		private boolean reached(ThreadReference thread) {
			if (this.open || this.reached.isDone()) {
				return false;
			}
			try {
				if (!this.gate.message().isEmpty() && argument(thread, "$" + this.gate.message()) == null) {
					return false;
				}
			}
			catch (IncompatibleThreadStateException ex) {
				throw new IllegalStateException(ex);
			}
			this.reached.complete(thread);
			return true;
		}

		/**
		 * Wait until a thread is held here.
		 */
		Pause await() {
			try {
				this.reached.get(Instance.PATIENCE.toSeconds(), TimeUnit.SECONDS);
				return this;
			}
			catch (InterruptedException | ExecutionException | TimeoutException ex) {
				throw new AssertionError("Nobody came to " + this.gate, ex);
			}
		}

		boolean isReached() {
			return this.reached.isDone();
		}

		/**
		 * Let the thread go on, and everybody who comes later.
		 */
		void open() {
			this.open = true;
			try {
				if (this.reached.isDone()) {
					this.reached.join().resume();
				}
			}
			catch (VMDisconnectedException ex) {
				// The process has ended.
			}
		}

		/**
		 * The connection that the thread is about to send to, or has received from.
		 */
		Mirror peer() {
			try {
				ThreadReference thread = this.reached.join();
				ObjectReference self = thread.frame(0).thisObject();
				ObjectReference peer = self.referenceType().name().endsWith(".UnixPeer") ? self
						: argument(thread, ".UnixPeer");
				if (peer == null) {
					throw new AssertionError("No connection at " + this.gate);
				}
				return new Mirror(thread, peer);
			}
			catch (IncompatibleThreadStateException ex) {
				throw new IllegalStateException(ex);
			}
		}

		private @Nullable ObjectReference argument(ThreadReference thread, String type)
				throws IncompatibleThreadStateException {
			for (Value value : thread.frame(0).getArgumentValues()) {
				if (value instanceof ObjectReference object && object.referenceType().name().endsWith(type)) {
					return object;
				}
			}
			return null;
		}

	}

}
