package io.github.gracefulupgrade.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import io.github.gracefulupgrade.handover.Belongings;
import io.github.gracefulupgrade.handover.UpgradeException;
import io.github.gracefulupgrade.signal.StandardStreams;

/**
 * Besides what contributors hand over, the output of an incumbent that started this
 * process itself: until now, what this process prints goes through that one, and would be
 * lost with it.
 */
final class OwnOutput implements Belongings {

	private final Belongings others;

	OwnOutput(Belongings others) {
		this.others = others;
	}

	@Override
	public void gather(Consumer<List<Item>> done) {
		this.others.gather(done);
	}

	@Override
	public long maxStateBytes() {
		return this.others.maxStateBytes();
	}

	@Override
	public void receive(List<Item> items) {
		List<Item> rest = new ArrayList<>();
		List<Open> streams = new ArrayList<>();
		for (Item item : items) {
			if (item instanceof Open open && open.contributor().equals(STANDARD_STREAMS)) {
				streams.add(open);
			}
			else {
				rest.add(item);
			}
		}
		this.others.receive(rest);
		try {
			streams.forEach(OwnOutput::replace);
		}
		catch (UnsupportedOperationException ex) {
			throw new UpgradeException(
					"This process cannot take over the output of the one that started it: " + ex.getMessage(),
					"Set pingora.spawn.log, so that it has an output of its own.", ex);
		}
		finally {
			streams.forEach((stream) -> stream.descriptor().close());
		}
	}

	private static void replace(Open stream) {
		if (stream.name().equals("out") && isPipe(1)) {
			System.out.flush();
			StandardStreams.replaceOutput(stream.descriptor().number());
		}
		else if (stream.name().equals("err") && isPipe(2)) {
			System.err.flush();
			StandardStreams.replaceError(stream.descriptor().number());
		}
	}

	/**
	 * Whether it may be the incumbent's. A command may have sent its output elsewhere.
	 */
	private static boolean isPipe(int descriptor) {
		try {
			return Files.readSymbolicLink(Path.of("/proc/self/fd", String.valueOf(descriptor)))
				.toString()
				.startsWith("pipe:");
		}
		catch (IOException ex) {
			return true;
		}
	}

}
