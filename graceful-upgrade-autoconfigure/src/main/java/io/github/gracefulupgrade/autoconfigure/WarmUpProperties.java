package io.github.gracefulupgrade.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Properties of the warm-up of a successor.
 */
@ConfigurationProperties("pingora.warm-up")
public class WarmUpProperties {

	/**
	 * Requests that a successor plays to itself, in private, before it says that it
	 * waits: each 'GET /path', or an object with method, path, headers, body and status.
	 */
	private List<Request> requests = new ArrayList<>();

	/**
	 * How many rounds are played; each plays each request once.
	 */
	private int rounds = 500;

	/**
	 * How long requests are played at most; a round that has begun is played to its end.
	 */
	private Duration duration = Duration.ofSeconds(10);

	/**
	 * How many requests are under way at once; several rounds are, where there are fewer
	 * requests.
	 */
	private int concurrency = 1;

	/**
	 * How long to pause after each round: the compiler works on what was slow meanwhile.
	 */
	private Duration pause = Duration.ofMillis(5);

	/**
	 * How long the whole warm-up may take, UpgradeWarmUp beans included.
	 */
	private Duration timeout = Duration.ofSeconds(60);

	/**
	 * What becomes of a successor whose warm-up fails.
	 */
	private OnFailure onFailure = OnFailure.FAIL;

	public List<Request> getRequests() {
		return this.requests;
	}

	public void setRequests(List<Request> requests) {
		this.requests = requests;
	}

	public int getRounds() {
		return this.rounds;
	}

	public void setRounds(int rounds) {
		this.rounds = Limits.atLeastOne(rounds);
	}

	public Duration getDuration() {
		return this.duration;
	}

	public void setDuration(Duration duration) {
		this.duration = Limits.notNegative(duration);
	}

	public int getConcurrency() {
		return this.concurrency;
	}

	public void setConcurrency(int concurrency) {
		this.concurrency = Limits.atLeastOne(concurrency);
	}

	public Duration getPause() {
		return this.pause;
	}

	public void setPause(Duration pause) {
		this.pause = Limits.notNegative(pause);
	}

	public Duration getTimeout() {
		return this.timeout;
	}

	public void setTimeout(Duration timeout) {
		this.timeout = Limits.notNegative(timeout);
	}

	public OnFailure getOnFailure() {
		return this.onFailure;
	}

	public void setOnFailure(OnFailure onFailure) {
		this.onFailure = onFailure;
	}

	/**
	 * What becomes of a successor whose warm-up fails.
	 */
	public enum OnFailure {

		/**
		 * It exits with 1, and the running instance serves on.
		 */
		FAIL,

		/**
		 * It logs a warning and goes on.
		 */
		IGNORE

	}

	/**
	 * A request.
	 */
	public static class Request {

		/**
		 * Method of the request.
		 */
		private String method = "GET";

		/**
		 * Path of the request, with the query if there is one.
		 */
		private String path = "/";

		/**
		 * Headers of the request, by name.
		 */
		private Map<String, String> headers = new LinkedHashMap<>();

		/**
		 * Body of the request.
		 */
		private @Nullable String body;

		/**
		 * Status that the response must have. By default any of 2xx and 3xx will do.
		 */
		private @Nullable Integer status;

		/**
		 * A request from text.
		 * @param text method and path, or just the path
		 * @return the request
		 */
		public static Request valueOf(String text) {
			String[] parts = text.strip().split("\\s+");
			if (parts.length > 2 || !parts[parts.length - 1].startsWith("/")) {
				throw new IllegalArgumentException("'" + text + "' is not of the form 'GET /path'");
			}
			Request request = new Request();
			request.setMethod((parts.length == 2) ? parts[0].toUpperCase(Locale.ROOT) : "GET");
			request.setPath(parts[parts.length - 1]);
			return request;
		}

		public String getMethod() {
			return this.method;
		}

		public void setMethod(String method) {
			this.method = method;
		}

		public String getPath() {
			return this.path;
		}

		public void setPath(String path) {
			if (!path.startsWith("/")) {
				// It would be taken for the address of another server.
				throw new IllegalArgumentException("'" + path + "' does not begin with '/'");
			}
			this.path = path;
		}

		public Map<String, String> getHeaders() {
			return this.headers;
		}

		public void setHeaders(Map<String, String> headers) {
			this.headers = headers;
		}

		public @Nullable String getBody() {
			return this.body;
		}

		public void setBody(@Nullable String body) {
			this.body = body;
		}

		public @Nullable Integer getStatus() {
			return this.status;
		}

		public void setStatus(@Nullable Integer status) {
			this.status = status;
		}

	}

}
