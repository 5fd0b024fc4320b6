package io.github.gracefulupgrade.it.drain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.gracefulupgrade.test.Instance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an instance occupies.
 *
 * @param descriptors how many descriptors are open
 * @param threads how many threads there are
 * @param directKilobytes direct memory in use
 * @param metaspaceKilobytes metaspace in use
 * @param files how many files there are in the folder of the upgrade socket
 */
record Figures(long descriptors, long threads, long directKilobytes, long metaspaceKilobytes, long files) {

	/**
	 * A pool's thread that has not timed out yet, and what it has open.
	 */
	private static final int SOME = 3;

	private static final Pattern VALUE = Pattern.compile("\"value\":([0-9.E]+)");

	/**
	 * The figures of an instance once they stay what they are, or the time is over.
	 * @param port where its Actuator is, behind TLS
	 */
	static Figures settled(Instance instance, int port, Path folder, Duration atMost) {
		long deadline = System.nanoTime() + atMost.toNanos();
		Figures before = of(instance, port, folder);
		while (true) {
			Await.pause(2_000);
			Figures now = of(instance, port, folder);
			if ((now.descriptors == before.descriptors && now.threads == before.threads
					&& now.directKilobytes == before.directKilobytes) || System.nanoTime() - deadline > 0) {
				return now;
			}
			before = now;
		}
	}

	private static Figures of(Instance instance, int port, Path folder) {
		long direct;
		long metaspace;
		try (RawClient client = RawClient.tls(port)) {
			direct = metric(client, "jvm.buffer.memory.used?tag=id:direct");
			metaspace = metric(client, "jvm.memory.used?tag=id:Metaspace");
		}
		try (Stream<Path> files = Files.list(folder)) {
			return new Figures(instance.openDescriptors().size(), instance.threads(), direct / 1024, metaspace / 1024,
					files.count());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static long metric(RawClient client, String name) {
		String body = client.get("/actuator/metrics/" + name).body();
		Matcher matcher = VALUE.matcher(body);
		assertThat(matcher.find()).as("a value in: %s", body).isTrue();
		return (long) Double.parseDouble(matcher.group(1));
	}

	void assertNoMoreThan(Figures other) {
		assertThat(this.files).as("files in the folder of the upgrade socket").isEqualTo(other.files);
		assertThat(this.descriptors).as("descriptors").isLessThanOrEqualTo(other.descriptors + SOME);
		assertThat(this.threads).as("threads").isLessThanOrEqualTo(other.threads + SOME);
		// Buffers are pooled by chunks, and each event loop has its own.
		assertThat(this.directKilobytes).as("direct memory").isLessThanOrEqualTo(other.directKilobytes * 3 / 2 + 1024);
		// What of it is loaded depends on what happened to this instance.
		assertThat(this.metaspaceKilobytes).as("metaspace")
			.isLessThanOrEqualTo(other.metaspaceKilobytes * 105 / 100 + 1024);
	}

	@Override
	public String toString() {
		return "%d descriptors, %d threads, %d KB direct memory, %d KB metaspace, %d files beside the socket"
			.formatted(this.descriptors, this.threads, this.directKilobytes, this.metaspaceKilobytes, this.files);
	}

}
