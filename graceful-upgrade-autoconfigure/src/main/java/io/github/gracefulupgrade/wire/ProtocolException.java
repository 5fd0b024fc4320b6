package io.github.gracefulupgrade.wire;

/**
 * The peer sent something that the protocol does not allow. The message names what, and
 * is meant for the log.
 */
final class ProtocolException extends Exception {

	ProtocolException(String message) {
		super(message);
	}

}
