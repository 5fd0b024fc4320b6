package io.github.gracefulupgrade.signal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.sun.jna.Memory;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link NativeMemory}.
 */
class NativeMemoryTests {

	private static final int BLOCK = 64 << 10;

	private static final int BLOCKS = 1000;

	@Test
	void whatIsFreeGoesBackToTheSystem() throws IOException {
		List<Memory> blocks = new ArrayList<>();
		for (int i = 0; i < BLOCKS; i++) {
			Memory block = new Memory(BLOCK);
			block.setMemory(0, BLOCK, (byte) 1);
			blocks.add(block);
		}
		// The last one stays: what is free above all else goes back without being asked.
		try (Memory last = blocks.remove(BLOCKS - 1)) {
			blocks.forEach(Memory::close);
			long before = residentMemory();
			NativeMemory.trim();
			assertThat(before - residentMemory()).isGreaterThan((long) BLOCK * BLOCKS / 2);
			assertThat(last.getByte(BLOCK - 1)).isEqualTo((byte) 1);
		}
	}

	private static long residentMemory() throws IOException {
		for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
			if (line.startsWith("VmRSS:")) {
				return Long.parseLong(line.replaceAll("\\D", "")) << 10;
			}
		}
		throw new IOException("/proc/self/status has no VmRSS");
	}

}
