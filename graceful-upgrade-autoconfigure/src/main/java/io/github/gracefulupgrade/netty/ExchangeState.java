package io.github.gracefulupgrade.netty;

/**
 * How far the exchanges on an HTTP/1.1 connection have got, at one moment between two
 * reads.
 *
 * @param inFlight how many requests have been decoded whose responses have not been
 * written to their end
 * @param received whether the last request that began has been received to its end
 * @param touched whether the codec has received a byte since the end of the last request
 * that was decoded to its end, or ever
 * @param responding whether the head of a response has been written, and its end has not
 * @param lost whether it is unknown where one message ends and the next one begins
 */
record ExchangeState(int inFlight, boolean received, boolean touched, boolean responding, boolean lost) {

	/**
	 * Nothing has been received.
	 */
	static final ExchangeState NEW = new ExchangeState(0, true, false, false, false);

}
