package io.github.gracefulupgrade.it.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.gracefulupgrade.UpgradePhaseChangedEvent;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * A listener that misbehaves at each change of the phase, as long as the file
 * {@code trouble.<pid>} in the folder {@code testbed.phase-trouble} says how.
 */
@Component
@ConditionalOnProperty("testbed.phase-trouble")
class PhaseTrouble {

	private static final Log logger = LogFactory.getLog(PhaseTrouble.class);

	private final Path file;

	PhaseTrouble(@Value("${testbed.phase-trouble}") Path folder) {
		this.file = folder.resolve("trouble." + ProcessHandle.current().pid());
	}

	@EventListener
	void changed(UpgradePhaseChangedEvent event) throws IOException {
		if (!Files.exists(this.file)) {
			return;
		}
		String trouble = Files.readString(this.file);
		logger.info("Told to be in trouble in phase " + event.getPhase() + ": " + trouble);
		switch (trouble) {
			case "throw" -> throw new IllegalStateException("Told to throw");
			case "error" -> throw new OutOfMemoryError("Told to throw");
			case "fill" -> new Thread(PhaseTrouble::fillTheHeap, "fills-the-heap").start();
			default -> throw new IllegalArgumentException(trouble);
		}
	}

	private static void fillTheHeap() {
		List<byte[]> hoard = new ArrayList<>();
		while (true) {
			hoard.add(new byte[1 << 20]);
		}
	}

}
