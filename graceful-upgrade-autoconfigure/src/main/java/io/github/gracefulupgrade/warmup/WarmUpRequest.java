package io.github.gracefulupgrade.warmup;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A request that is played to warm up.
 *
 * @param method the method
 * @param path the path, with the query if there is one
 * @param headers headers by name
 * @param body the body, or {@code null} for none
 * @param status the status that the response must have, or {@code null} for any of 2xx
 * and 3xx
 */
public record WarmUpRequest(String method, String path, Map<String, String> headers, @Nullable String body,
		@Nullable Integer status) {

	boolean isAnsweredBy(int actual) {
		return (this.status != null) ? actual == this.status : actual >= 200 && actual < 400;
	}

	String expectation() {
		return (this.status != null) ? String.valueOf(this.status) : "2xx or 3xx";
	}

	@Override
	public String toString() {
		return this.method + " " + this.path;
	}

}
