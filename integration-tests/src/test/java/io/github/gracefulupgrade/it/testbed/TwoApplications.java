package io.github.gracefulupgrade.it.testbed;

import java.util.Arrays;
import java.util.stream.Stream;

import org.springframework.boot.SpringApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * Two applications in one process, each with a port and an upgrade socket of its own: the
 * first four arguments. Both get all the others.
 */
public final class TwoApplications {

	private TwoApplications() {
	}

	public static void main(String[] args) {
		String[] common = Arrays.copyOfRange(args, 4, args.length);
		run(args[0], args[1], common);
		run(args[2], args[3], common);
	}

	private static void run(String port, String socket, String[] common) {
		new SpringApplication(TestbedApplication.class, OwnResources.class).run(
				Stream.concat(Stream.of("--server.port=" + port, "--pingora.upgrade-sock=" + socket), Stream.of(common))
					.toArray(String[]::new));
	}

	/**
	 * The first one to close would take the event loops of both along, with or without
	 * upgrades.
	 */
	static class OwnResources {

		@Bean
		ReactorResourceFactory reactorResourceFactory() {
			ReactorResourceFactory resources = new ReactorResourceFactory();
			resources.setUseGlobalResources(false);
			return resources;
		}

	}

}
