package io.github.gracefulupgrade.it;

import java.util.List;

import com.sun.jdi.ArrayReference;
import com.sun.jdi.ArrayType;
import com.sun.jdi.ClassNotLoadedException;
import com.sun.jdi.ClassType;
import com.sun.jdi.IncompatibleThreadStateException;
import com.sun.jdi.InvalidTypeException;
import com.sun.jdi.InvocationException;
import com.sun.jdi.Method;
import com.sun.jdi.ObjectReference;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.Value;

/**
 * An object of the other process, whose methods are called on the thread that is held.
 *
 * @param thread the thread
 * @param object the object
 */
record Mirror(ThreadReference thread, ObjectReference object) {

	Mirror field(String name) {
		return new Mirror(this.thread,
				(ObjectReference) this.object.getValue(this.object.referenceType().fieldByName(name)));
	}

	/**
	 * Call a method.
	 * @param signature its parameters
	 */
	Mirror call(String name, String signature, Value... arguments) {
		try {
			Method method = ((ClassType) this.object.referenceType()).methodsByName(name)
				.stream()
				.filter((candidate) -> candidate.signature().startsWith(signature))
				.findFirst()
				.orElseThrow();
			Value value = this.object.invokeMethod(this.thread, method, List.of(arguments),
					ObjectReference.INVOKE_SINGLE_THREADED);
			return (value instanceof ObjectReference result) ? new Mirror(this.thread, result) : this;
		}
		catch (ClassNotLoadedException | IncompatibleThreadStateException | InvalidTypeException
				| InvocationException ex) {
			throw new IllegalStateException("Cannot call " + name, ex);
		}
	}

	/**
	 * An array of the other process.
	 */
	Value bytes(int... values) {
		ArrayReference array = ((ArrayType) this.object.virtualMachine().classesByName("byte[]").get(0))
			.newInstance(values.length);
		array.disableCollection();
		try {
			for (int i = 0; i < values.length; i++) {
				array.setValue(i, this.object.virtualMachine().mirrorOf((byte) values[i]));
			}
		}
		catch (ClassNotLoadedException | InvalidTypeException ex) {
			throw new IllegalStateException(ex);
		}
		return array;
	}

}
