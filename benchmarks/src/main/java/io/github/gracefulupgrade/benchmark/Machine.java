package io.github.gracefulupgrade.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Map;

/**
 * What everything ran on.
 */
final class Machine {

	private Machine() {
	}

	/**
	 * Begin a report, before anything is measured: with the command, the day, the
	 * versions, the machine, and what else it does. More rows may follow.
	 */
	static Markdown report(String title, Options options) throws Exception {
		return new Markdown().line("# %s", title)
			.line("")
			.header("", "")
			.row("command", "`" + options.command() + "`")
			.row("date", LocalDate.now())
			.row("machine",
					"%d cores of %s, %s of memory".formatted(Runtime.getRuntime().availableProcessors(),
							field("/proc/cpuinfo", "model name"), field("/proc/meminfo", "MemTotal")))
			.row("system", field("/etc/os-release", "PRETTY_NAME") + ", Linux " + System.getProperty("os.version"))
			.row("Java", System.getProperty("java.vm.name") + " " + Runtime.version())
			.row("this project", revision())
			.row("load average before", loadAverage());
	}

	private static String loadAverage() throws IOException {
		return Files.readString(Path.of("/proc/loadavg")).replaceAll("( \\S+ \\S+)$", "").strip();
	}

	private static String revision() throws Exception {
		try {
			String changes = Commands.run(Path.of("."), 10, Map.of(), "git", "status", "--porcelain", "-uno");
			return Commands.firstLine("git", "rev-parse", "--short", "HEAD") + (changes.isEmpty() ? "" : ", changed");
		}
		catch (Contender.Unavailable ex) {
			return "unknown";
		}
	}

	private static String field(String file, String name) throws IOException {
		return Files.readAllLines(Path.of(file))
			.stream()
			.filter((line) -> line.startsWith(name))
			.findFirst()
			.map((line) -> line.replaceFirst("^[^:=]*[:=]", "").replace("\"", "").strip())
			.orElse("unknown");
	}

}
