package io.github.gracefulupgrade.signal;

import com.sun.jna.Callback;
import com.sun.jna.CallbackReference;
import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * A tool interface environment that listens to one event, <a href=
 * "https://docs.oracle.com/en/java/javase/17/docs/specs/jvmti.html">DataDumpRequest of
 * the JVM Tool Interface</a>, which HotSpot posts for a SIGQUIT once it has printed the
 * thread dump. It needs neither an agent nor a capability, so it can be had at any time
 * from a JVM that runs.
 * <p>
 * {@code sun.misc.Signal} refuses SIGQUIT, and a handler set by {@code sigaction(2)}
 * would break the attach mechanism of {@code jcmd} and {@code jstack}.
 */
final class JvmtiEnvironment implements AutoCloseable {

	private static final int JVMTI_VERSION_1_2 = 0x30010200;

	private static final int DISABLE = 0;

	private static final int ENABLE = 1;

	/** The number of the event, and of the first that the callbacks have a slot for. */
	private static final int DATA_DUMP_REQUEST = 71;

	private static final int FIRST_EVENT = 50;

	/**
	 * The position of {@code GetEnv} in the invocation interface, counted from 0.
	 */
	private static final int GET_ENV = 6;

	/*
	 * Positions in the tool interface's function table. The specification counts from 1.
	 */
	private static final int SET_EVENT_NOTIFICATION_MODE = 2 - 1;

	private static final int SET_EVENT_CALLBACKS = 122 - 1;

	private static final int DISPOSE_ENVIRONMENT = 127 - 1;

	private final Pointer environment;

	private JvmtiEnvironment(Pointer environment) {
		this.environment = environment;
	}

	/**
	 * Make an environment in which the event is enabled.
	 * @param callback what the JVM calls; the caller keeps it reachable for as long as
	 * the JVM might call it, which can be a moment longer than until {@link #close}
	 * @return the environment
	 * @throws IllegalStateException if the JVM does not provide what is needed
	 * @throws LinkageError if JNA is missing or cannot load its native library
	 */
	static JvmtiEnvironment listening(DataDumpRequest callback) {
		PointerByReference result = new PointerByReference();
		Pointer vm = virtualMachine();
		check("GetEnv", function(vm, GET_ENV).invokeInt(new Object[] { vm, result, JVMTI_VERSION_1_2 }));
		JvmtiEnvironment environment = new JvmtiEnvironment(result.getValue());
		try {
			// The JVM copies the table, so only what it points to has to stay.
			Memory callbacks = new Memory((DATA_DUMP_REQUEST - FIRST_EVENT + 1L) * Native.POINTER_SIZE);
			callbacks.clear();
			callbacks.setPointer(callbacks.size() - Native.POINTER_SIZE,
					CallbackReference.getFunctionPointer(callback));
			environment.call("SetEventCallbacks", SET_EVENT_CALLBACKS, callbacks, (int) callbacks.size());
			environment.setNotificationMode(ENABLE);
			return environment;
		}
		catch (RuntimeException | Error ex) {
			environment.dispose();
			throw ex;
		}
	}

	/**
	 * Disable the event and dispose of the environment. A callback that runs meanwhile
	 * goes on: the JVM keeps an environment's memory until no thread walks over the
	 * environments any more.
	 */
	@Override
	public void close() {
		try {
			setNotificationMode(DISABLE);
		}
		finally {
			dispose();
		}
	}

	private void setNotificationMode(int mode) {
		call("SetEventNotificationMode", SET_EVENT_NOTIFICATION_MODE, mode, DATA_DUMP_REQUEST, Pointer.NULL);
	}

	private void dispose() {
		call("DisposeEnvironment", DISPOSE_ENVIRONMENT);
	}

	private void call(String name, int position, Object... arguments) {
		Object[] all = new Object[arguments.length + 1];
		all[0] = this.environment;
		System.arraycopy(arguments, 0, all, 1, arguments.length);
		check(name, function(this.environment, position).invokeInt(all));
	}

	private static Pointer virtualMachine() {
		PointerByReference vm = new PointerByReference();
		IntByReference count = new IntByReference();
		check("JNI_GetCreatedJavaVMs", getCreatedJavaVMs().invokeInt(new Object[] { vm, 1, count }));
		if (count.getValue() != 1) {
			throw new IllegalStateException("JNI_GetCreatedJavaVMs found no JVM");
		}
		return vm.getValue();
	}

	private static Function getCreatedJavaVMs() {
		try {
			return NativeLibrary.getProcess().getFunction("JNI_GetCreatedJavaVMs");
		}
		catch (UnsatisfiedLinkError ex) {
			// A launcher other than java may have loaded the JVM for itself only.
			return NativeLibrary.getInstance("jvm").getFunction("JNI_GetCreatedJavaVMs");
		}
	}

	/**
	 * Both interfaces are a pointer to a pointer to a table of functions.
	 */
	private static Function function(Pointer receiver, int position) {
		return Function.getFunction(receiver.getPointer(0).getPointer((long) position * Native.POINTER_SIZE));
	}

	private static void check(String name, int error) {
		if (error != 0) {
			throw new IllegalStateException(name + " failed with error " + error);
		}
	}

	/**
	 * {@code void JNICALL DataDumpRequest(jvmtiEnv*)}.
	 */
	interface DataDumpRequest extends Callback {

		/**
		 * The JVM was asked for a dump of its data. Called on the thread with which it
		 * handles signals, and it handles no other signal until this returns.
		 * @param environment the environment that listens
		 */
		void invoke(Pointer environment);

	}

}
