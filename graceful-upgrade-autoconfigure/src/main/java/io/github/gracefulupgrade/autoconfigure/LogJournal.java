package io.github.gracefulupgrade.autoconfigure;

import io.github.gracefulupgrade.GracefulUpgrade;
import io.github.gracefulupgrade.handover.Journal;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The operator's log. One logger for all of it, so that it can be followed, and silenced,
 * by one name.
 */
final class LogJournal implements Journal {

	private static final Log logger = LogFactory.getLog(GracefulUpgrade.class);

	@Override
	public void info(String line) {
		logger.info(line);
	}

	@Override
	public void warn(String line) {
		logger.warn(line);
	}

}
