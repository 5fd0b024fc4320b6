package io.github.gracefulupgrade.benchmark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * The sample's jar as if it had never heard of the starter: its classes are there, since
 * one of the sample's implements an interface of theirs, but nothing makes Spring Boot
 * find them.
 */
final class BareSample {

	private static final String STARTER = "BOOT-INF/lib/graceful-upgrade-autoconfigure-";

	private BareSample() {
	}

	static Path make(Path folder) throws IOException {
		Path bare = folder.resolve("bare.jar");
		int found = 0;
		try (ZipInputStream in = new ZipInputStream(Files.newInputStream(SampleApplication.JAR));
				ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(bare))) {
			for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
				byte[] bytes = in.readAllBytes();
				if (entry.getName().startsWith(STARTER)) {
					bytes = withoutSpring(new ByteArrayInputStream(bytes));
					found++;
				}
				put(out, entry.getName(), entry.getMethod(), bytes);
			}
		}
		if (found != 1) {
			throw new IOException("%d starters in %s".formatted(found, SampleApplication.JAR));
		}
		return bare;
	}

	private static byte[] withoutSpring(InputStream jar) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (ZipInputStream in = new ZipInputStream(jar); ZipOutputStream out = new ZipOutputStream(bytes)) {
			for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
				if (!entry.getName().startsWith("META-INF/spring")) {
					put(out, entry.getName(), entry.getMethod(), in.readAllBytes());
				}
			}
		}
		return bytes.toByteArray();
	}

	private static void put(ZipOutputStream out, String name, int method, byte[] bytes) throws IOException {
		ZipEntry entry = new ZipEntry(name);
		entry.setMethod(method);
		entry.setTime(0);
		if (method == ZipEntry.STORED) {
			// A jar in a jar is not compressed, and then these come before it.
			CRC32 crc = new CRC32();
			crc.update(bytes);
			entry.setSize(bytes.length);
			entry.setCrc(crc.getValue());
		}
		out.putNextEntry(entry);
		out.write(bytes);
		out.closeEntry();
	}

}
