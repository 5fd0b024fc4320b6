package io.github.gracefulupgrade.handover;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A file descriptor and whose it is. At any time a descriptor has one owner, which either
 * {@linkplain #close() closes} it or {@linkplain #release() releases} it to the next
 * owner; both can happen only once, and whatever comes second does nothing or fails.
 * <p>
 * Thread-safe.
 */
public final class Descriptor implements AutoCloseable {

	private final int number;

	private final Closer closer;

	private final AtomicBoolean owned = new AtomicBoolean(true);

	/**
	 * Take ownership of a descriptor.
	 * @param number the number that the kernel gave it in this process, not negative
	 * @param closer how to close it: {@code close(2)} and nothing else, never
	 * {@code shutdown(2)}, since another process may share the socket behind it
	 */
	public Descriptor(int number, Closer closer) {
		if (number < 0) {
			throw new IllegalArgumentException("Not a descriptor: " + number);
		}
		this.number = number;
		this.closer = closer;
	}

	/**
	 * Refer to a descriptor that somebody else owns and keeps open for as long as this
	 * object is used. Closing it has no effect.
	 * @param number the descriptor
	 * @return a descriptor that closes nothing
	 */
	public static Descriptor borrowed(int number) {
		return new Descriptor(number, (ignored) -> {
		});
	}

	/**
	 * The number of the descriptor in this process, to look at. Whoever keeps it calls
	 * {@link #release()}.
	 * @return the descriptor's number
	 */
	public int number() {
		return this.number;
	}

	/**
	 * Pass ownership to the caller, who closes the descriptor from now on.
	 * @return the descriptor's number
	 * @throws IllegalStateException if it was closed or released before
	 */
	public int release() {
		if (!this.owned.compareAndSet(true, false)) {
			throw new IllegalStateException("Descriptor " + this.number + " has another owner or was closed");
		}
		return this.number;
	}

	/**
	 * Close the descriptor if it is still owned here.
	 */
	@Override
	public void close() {
		if (this.owned.compareAndSet(true, false)) {
			this.closer.close(this.number);
		}
	}

	@Override
	public String toString() {
		return "fd " + this.number;
	}

	/**
	 * Closes a descriptor by its number.
	 */
	@FunctionalInterface
	public interface Closer {

		/**
		 * Close the descriptor. Does not throw: there is nothing left to be done about a
		 * failing {@code close(2)}.
		 * @param number the descriptor
		 */
		void close(int number);

	}

}
