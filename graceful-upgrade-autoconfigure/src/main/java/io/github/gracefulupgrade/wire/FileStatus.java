package io.github.gracefulupgrade.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * What {@code stat(2)} says about a file.
 *
 * @param mode type and permissions
 * @param uid whose it is
 * @param key device and inode
 */
record FileStatus(int mode, long uid, Object key) {

	private static final int TYPE = 0170000;

	private static final int SOCKET = 0140000;

	private static final int REGULAR = 0100000;

	private static final int WRITABLE_BY_OTHERS = 0022;

	private static final int STICKY = 01000;

	static FileStatus of(Path file, LinkOption... options) throws IOException {
		Map<String, Object> attributes = Files.readAttributes(file, "unix:mode,uid,fileKey", options);
		return new FileStatus((Integer) Objects.requireNonNull(attributes.get("mode")),
				Integer.toUnsignedLong((Integer) Objects.requireNonNull(attributes.get("uid"))),
				Objects.requireNonNull(attributes.get("fileKey")));
	}

	boolean isSocket() {
		return (this.mode & TYPE) == SOCKET;
	}

	boolean isRegular() {
		return (this.mode & TYPE) == REGULAR;
	}

	/**
	 * Whether the permissions let group or others write.
	 */
	boolean writableByOthers() {
		return (this.mode & WRITABLE_BY_OTHERS) != 0;
	}

	boolean sticky() {
		return (this.mode & STICKY) != 0;
	}

	String permissions() {
		return Integer.toOctalString(this.mode & 07777);
	}

}
