package io.github.gracefulupgrade.netty;

/**
 * Knows whether bytes have entered an HTTP/1.1 codec since the last request's end: the
 * codec takes a request's head in line by line, and nothing of it can be taken out again.
 * <p>
 * All state is the connection's event loop's.
 */
interface CodecInput {

	/**
	 * A request has been decoded to its end.
	 * @param unread the bytes that the codec has received beyond it
	 */
	void markRequestEnd(int unread);

	/**
	 * Whether the codec has received a byte since the end of the last request, or ever.
	 */
	boolean isTouched();

}
