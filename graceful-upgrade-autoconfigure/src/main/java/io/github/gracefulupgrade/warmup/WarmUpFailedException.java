package io.github.gracefulupgrade.warmup;

import org.jspecify.annotations.Nullable;

/**
 * A request was not answered as expected. The message names it.
 */
public final class WarmUpFailedException extends RuntimeException {

	WarmUpFailedException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
